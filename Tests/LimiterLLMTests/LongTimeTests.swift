import LimiterLLM
import Providers
import Simulation
import Testing

/// Times that no clock can add mean very long ones.
@Suite struct LongTimeTests {
  private static let embedder = "text-embedding-3-small"
  private static let policy = openPolicy.replacing(
    "models:", with: "models:\n  \(embedder): {provider: openai, limits: {concurrency: 100}}")

  @Test(arguments: [Duration.seconds(Int64.max), Duration.seconds(Int64.max) * 18])
  func `a deadline without end is a very long one`(_ deadline: Duration) async throws {
    try await withWorld(Self.policy) { world in
      let llm = world.llm()
      let chain = ["gpt-4o", "gpt-4o-mini", "cache"]
      let whole = try await llm.complete("hi", chain: chain, run: "r", deadline: deadline)
      let streamed = try await llm.stream("hi", chain: chain, run: "r", deadline: deadline) { _ in }
      #expect(whole.source == .model("gpt-4o") && streamed.source == .model("gpt-4o"))
      #expect(try await llm.embed(["hi"], model: Self.embedder, run: "r", deadline: deadline).vectors.count == 1)
    }
  }

  @Test func `a model's part of the time is not more than there is`() async throws {
    try await withWorld(openPolicy, { $0.faults = [ProviderFault(.slow, delay: 60)] }) { world in
      let llm = world.llm {
        $0.sharePerMille = 30_000
        $0.attempts = 1
      }
      let start = ContinuousClock.now
      let error = try await llmError {
        try await llm.complete("hi", chain: ["gpt-4o", "gpt-4o-mini"], run: "r", deadline: .seconds(1))
      }
      #expect(error.code == .deadline, "\(error)")
      #expect(start.duration(to: .now) < .seconds(15), "its part would be 30 s")
    }
  }

  @Test func `times of the settings without end are very long ones`() async throws {
    try await withWorld { world in
      let forever = Duration.seconds(Int64.max)
      let llm = world.llm { settings in
        settings.hedge = forever
        settings.attemptTime = forever
        settings.silence = forever
        settings.waitsForCooldown = forever
      }
      let answer = try await llm.complete("hi", chain: ["gpt-4o", "gpt-4o-mini"], run: "r", deadline: forever)
      #expect(answer.source == .model("gpt-4o") && world.arrivals.count == 1)
    }
  }
}
