import LimiterLLM
import Providers
import Resilience
import Simulation
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
    try await withWorld { world in
      let llm = world.llm {
        $0.environment["OPENAI_BASE_URL"] = server.address + "/v1"
        $0.attempts = 1
        change(&$0)
      }
      try await body(world, llm)
    }
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

  @Test(arguments: [false, true])
  func `the status of an error whose body does not go on counts, however little time is left`(
    _ isStream: Bool
  ) async throws {
    let head = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\ncontent-length: 100\r\n\r\n{\"error\""
    try await withProvider(head, closes: false) { world, llm in
      let error = try await llmError {
        isStream
          ? try await llm.stream("hi", chain: ["gpt-4o"], run: "r", deadline: .seconds(3)) { _ in }
          : try await llm.complete("hi", chain: ["gpt-4o"], run: "r", deadline: .seconds(3))
      }
      let failure = try #require(error.attempts.first?.failure)
      #expect(failure.errorClass == .rateLimited && failure.status == 429, "\(error)")
      #expect(failure.hint == .seconds(7))
      #expect(error.attempts.map(\.nanodollars) == [0])
      #expect(try await world.used("run-budget", run: "r") == 0)
    }
  }

  @Test func `a whole answer may take longer than a stream may be silent`() async throws {
    try await withWorld(openPolicy, { $0.faults = [ProviderFault(.slow, count: 1, delay: 1)] }) { world in
      let llm = world.llm { $0.silence = .milliseconds(200) }
      let answer = try await llm.complete("hi", chain: ["gpt-4o"], run: "r")
      #expect(answer.source == .model("gpt-4o") && answer.attempts.count == 1)
    }
  }

  @Test func `a stream that does not begin is out of time`() async throws {
    try await withWorld(openPolicy, { $0.faults = [ProviderFault(.slow, delay: 30)] }) { world in
      let llm = world.llm {
        $0.silence = .milliseconds(200)
        $0.attempts = 1
      }
      let error = try await llmError { try await llm.stream("hi", chain: ["gpt-4o"]) { _ in } }
      let failure = try #require(error.attempts.first?.failure)
      #expect(failure.errorClass == .timeout && failure.message.hasSuffix("says nothing any more"), "\(failure)")
    }
  }

  @Test func `a stream that does not go on is broken, and what came is told`() async throws {
    let event = "data: {\"choices\": [{\"delta\": {\"content\": \"half of\"}}]}\n\n"
    let text = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 5000\r\n\r\n" + event
    try await withProvider(text, closes: false, { $0.silence = .milliseconds(300) }) { world, llm in
      let error = try await llmError { try await llm.stream("hi", chain: ["gpt-4o"], run: "r") { _ in } }
      let failure = try #require(error.attempts.first?.failure)
      #expect(failure.errorClass == .streamBroken && failure.message.hasSuffix("says nothing any more"), "\(failure)")
      #expect(error.partialText == "half of")
      #expect(try await world.used("gpt-4o.concurrency") == 0)
    }
  }

  @Test func `after a filter's no in the middle of a stream no other model goes on`() async throws {
    let events =
      #"data: {"choices": [{"delta": {"content": "half of"}}]}"# + "\n\n"
      + #"data: {"choices": [{"delta": {}, "finish_reason": "content_filter"}]}"# + "\n\ndata: [DONE]\n\n"
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: \(events.utf8.count)\r\n\r\n"
    let change: @Sendable (inout LLMSettings) -> Void = { $0.fallbacks = [.contentPolicy: ["claude-sonnet-4-5"]] }
    try await withProvider(head + events, change) { world, llm in
      let seen = Recorder<String>()
      let error = try await llmError { try await llm.stream("hi", chain: ["gpt-4o"]) { seen.record($0) } }
      #expect(error.attempts.map { $0.failure?.errorClass } == [.contentPolicy], "\(error)")
      #expect(seen.elements == ["half of"] && error.partialText == "half of")
      #expect(world.arrivals.isEmpty)
    }
  }

  @Test func `a listener may take longer than a stream may be silent`() async throws {
    try await withWorld { world in
      let llm = world.llm {
        $0.silence = .seconds(1)
        $0.attempts = 1
      }
      let pieces = Recorder<String>()
      let answer = try await llm.stream("hi", chain: ["gpt-4o"]) { piece in
        if pieces.elements.isEmpty { try await Task.sleep(for: .seconds(2)) }
        pieces.record(piece)
      }
      #expect(pieces.elements.joined() == answer.text)
    }
  }
}
