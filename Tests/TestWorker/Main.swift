import Foundation

/// A real process of the tests: reads what to do from standard input as one JSON object, and says what it does as JSON lines.
@main
struct Main {
  static func main() async throws {
    let order = try JSONDecoder().decode(WorkerOrder.self, from: FileHandle.standardInput.readToEnd() ?? Data())
    try await Worker(order: order).run()
  }
}
