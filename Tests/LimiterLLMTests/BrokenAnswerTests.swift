import LimiterLLM
import Providers
import Resilience
import TestSupport
import Testing

/// Answers that break off, or do not go on.
@Suite struct BrokenAnswerTests {
  /// Gives one text to whatever is asked, and is where OpenAI is looked for.
  private func withProvider(
    _ text: String, closes: Bool = true, _ change: @escaping @Sendable (inout LLMSettings) -> Void = { _ in },
    _ body: @escaping @Sendable (World, LLM) async throws -> Void
  ) async throws {
    let server = try await TextServer(text, closes: closes)
    let address = server.address + "/v1"
    try await withWorld { world in
      let llm = world.llm {
        $0.environment["OPENAI_BASE_URL"] = address
        $0.attempts = 1
        change(&$0)
      }
      try await body(world, llm)
    }
    await server.close()
  }

  @Test(arguments: [false, true])
  func `the status of an error whose body breaks off counts`(_ isStream: Bool) async throws {
    let cut = "HTTP/1.1 429 Too Many Requests\r\ncontent-length: 500\r\nretry-after: 30\r\n\r\n{\"error\": "
    try await withProvider(cut) { world, llm in
      let error = try await llmError {
        isStream
          ? try await llm.stream("hi", chain: ["gpt-4o"], run: "r") { _ in }
          : try await llm.complete("hi", chain: ["gpt-4o"], run: "r")
      }
      #expect(error.attempts.map { $0.failure?.errorClass } == [.rateLimited], "\(error)")
      #expect(error.attempts.first?.failure?.status == 429)
      #expect(try await world.used("run-budget", run: "r") == 0)
    }
  }
}
