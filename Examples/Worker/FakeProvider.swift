/// Stands for the client of a provider: it takes a while, and tells what it has used.
enum FakeProvider {
  struct Response {
    var text: String
    var inputTokens: Int64
    var outputTokens: Int64
  }

  static func complete(_ prompt: String) async throws -> Response {
    try await Task.sleep(for: .milliseconds(.random(in: 50...250)))
    return Response(
      text: "the answer to \(prompt)", inputTokens: .random(in: 800...900), outputTokens: .random(in: 50...400))
  }
}
