import LimiterCore
import LimiterLLM
import Providers
import Resilience
import Simulation
import TestSupport
import Testing

/// Embeddings, and calls that are made twice because they are slow.
@Suite struct EmbedTests {
  private static let policy = """
    models:
      text-embedding-3-small: {provider: openai, limits: {requests: 100/1m, tokens: 1000/1m}}
      gpt-4o: {provider: openai, limits: {concurrency: 10}}
    limits:
      run-budget: {per: run, budget: 1.00 USD}
    """
  private static let model = "text-embedding-3-small"

  @Test func `vectors come in the order of the texts, and are paid for`() async throws {
    try await withWorld(Self.policy) { world in
      let llm = world.llm()
      let answer = try await llm.embed(["one", "three", "seventeen"], model: Self.model, run: "r")
      #expect(answer.vectors.map(\.first) == [3, 5, 9])
      #expect(answer.usage?.input == 6 && answer.usage?.output == 0)
      #expect(answer.nanodollars == world.billed && answer.nanodollars == 120)
      #expect(try await world.used("run-budget", model: Self.model, run: "r") == 120)
    }
  }

  @Test func `it tries again, and what makes no sense is told before anything is sent`() async throws {
    try await withWorld(Self.policy, { $0.faults = [ProviderFault(.serverError, count: 1)] }) { world in
      let llm = world.llm()
      let answer = try await llm.embed(["a text"], model: Self.model)
      #expect(answer.attempts.map { $0.failure?.errorClass } == [.transient, nil])
      let before = world.arrivals.count
      for (texts, model, code) in [
        ([], Self.model, LLMError.Code.invalidRequest), (["a", ""], Self.model, .invalidRequest),
        (["a"], "claude-sonnet-4-5", .invalidEndpoint), (["a"], "text-embeding-3-small", .unknownModel),
        ([String(repeating: "a", count: 40_000)], Self.model, .failed),
      ] {
        let error = await #expect(throws: LLMError.self) {
          try await llm.embed(texts, model: model, deadline: .seconds(1))
        }
        #expect(error?.code == code, "\(String(describing: error))")
      }
      #expect(world.arrivals.count == before)
    }
  }

  @Test func `each text has the context window for itself`() async throws {
    try await withWorld(Self.policy) { world in
      let llm = world.llm { $0.models[Self.model] = LLMSettings.Model(contextWindow: 20) }
      let text = String(repeating: "word", count: 10)
      let answer = try await llm.embed([String](repeating: text, count: 5), model: Self.model)
      #expect(answer.vectors.count == 5)
      let error = await #expect(throws: LLMError.self) {
        try await llm.embed([text, String(repeating: "word", count: 40)], model: Self.model)
      }
      #expect(error?.attempts.map { $0.failure?.errorClass } == [.contextTooLong])
    }
  }

  @Test func `an answer for all cases is no vector`() async throws {
    try await withWorld(Self.policy, { $0.faults = [ProviderFault(.serverError)] }) { world in
      let llm = world.llm {
        $0.fixedAnswer = "sorry"
        $0.attempts = 1
      }
      let error = await #expect(throws: LLMError.self) { try await llm.embed(["a text"], model: Self.model) }
      #expect(error?.code == .failed)
    }
  }

  @Test func `a slow call is hedged: the second answer counts, and both are charged`() async throws {
    try await withWorld(Self.policy, { $0.faults = [ProviderFault(.slow, count: 1, delay: 20)] }) { world in
      let llm = world.llm { $0.hedge = .milliseconds(200) }
      let request = ChatRequest("hi", maximumOutputTokens: 100)
      let answer = try await llm.complete(request, chain: ["gpt-4o"], run: "r", deadline: .seconds(15))
      #expect(answer.source == .model("gpt-4o") && world.arrivals.count == 2)
      // Of the first one nobody knows what the provider does with it: it stays charged as reserved.
      try await eventually("both are charged") {
        try await world.used("run-budget", run: "r") == 2 * world.billed
      }
      try await eventually("no slot is held") { try await world.used("gpt-4o.concurrency") == 0 }
    }
  }

  @Test func `without a hedge, and in a stream, there is one call`() async throws {
    try await withWorld(Self.policy, { $0.faults = [ProviderFault(.slow, delay: 0.5)] }) { world in
      _ = try await world.llm().complete("hi", chain: ["gpt-4o"])
      let llm = world.llm { $0.hedge = .milliseconds(50) }
      _ = try await llm.stream("hi", chain: ["gpt-4o"]) { _ in }
      #expect(world.arrivals.count == 2)
    }
  }
}
