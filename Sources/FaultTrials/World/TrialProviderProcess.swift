import Foundation
import PrivateRedis
import Simulation

/// A `limiterd provider`, which counts by itself and keeps a log.
final class TrialProviderProcess: Sendable {
  let process: ChildProcess
  let log: String
  private let output: String

  init(executable: String, folder: String, configuration: String) throws {
    log = "\(folder)/provider.jsonl"
    output = "\(folder)/provider.log"
    let file = "\(folder)/provider.yaml"
    try configuration.write(toFile: file, atomically: true, encoding: .utf8)
    process = try ChildProcess(
      executable: executable, arguments: ["provider", "--config", file, "--port", "0", "--log", log],
      directory: folder, output: output)
  }

  /// - Returns: where it is called, `http://127.0.0.1:<port>`.
  func waitUntilItListens() async throws -> String {
    try await waitUntil("the provider listens", within: TrialBounds.limiterdStart) {
      if !process.isRunning { throw TrialError("the provider has ended: \(text.suffix(600))") }
      return text.contains("/v1\n")
    }
    guard let start = text.range(of: "http://"), let end = text.range(of: "/v1\n") else { return "" }
    return String(text[start.lowerBound..<end.lowerBound])
  }

  private var text: String { (try? String(contentsOfFile: output, encoding: .utf8)) ?? "" }

  /// Everything that it has decided, in its order.
  ///
  /// - Throws: where a line cannot be read, or there is no log.
  var lines: [ProviderLogLine] {
    get throws {
      try Data(contentsOf: URL(filePath: log)).split(separator: 10).map {
        try JSONDecoder().decode(ProviderLogLine.self, from: $0)
      }
    }
  }

  /// Whether it ended as it was told to.
  func end() async -> Bool {
    process.signal(SIGTERM)
    return await process.end(within: TrialBounds.limiterdEnd) == .exit(0)
  }
}
