import LimiterLLM
import Providers
import Resilience
import Testing

/// What is kept for the end of a chain, and for whom.
@Suite struct CachedAnswerTests {
  private static let embedder = "text-embedding-3-small"
  private static let policy = openPolicy.replacing(
    "models:", with: "models:\n  \(embedder): {provider: openai, limits: {concurrency: 100}}")
  private static let chain = ["gpt-4o", "cache"]

  /// Two answers are kept, and nothing is waited for.
  private func llm(_ world: World, _ cooldowns: any Cooldowns) -> LLM {
    world.llm(
      { settings in
        settings.cache.answers = 2
        settings.waitsForCooldown = .zero
      }, cooldowns: cooldowns)
  }

  @Test func `embeddings push no answer out`() async throws {
    try await withWorld(Self.policy) { world in
      let cooldowns = LocalCooldowns()
      let llm = llm(world, cooldowns)
      let first = try await llm.complete("What?", chain: Self.chain, run: "r")
      for number in 0..<3 { _ = try await llm.embed(["text \(number)"], model: Self.embedder, run: "r") }
      cooldowns.told("gpt-4o", CallFailure(.rateLimited, hint: .seconds(600)))
      let old = try await llm.complete("What?", chain: Self.chain, run: "r")
      guard case .cache = old.source else { throw Unexpected(description: "\(old.source)") }
      #expect(old.text == first.text)
    }
  }

  @Test func `an old answer comes to the tenant that it was given to`() async throws {
    try await withWorld(Self.policy) { world in
      let cooldowns = LocalCooldowns()
      let llm = llm(world, cooldowns)
      let text = "the contract"
      let first = try await llm.complete("Summarise \(text)", chain: Self.chain, run: "r", tenant: "acme")
      cooldowns.told("gpt-4o", CallFailure(.rateLimited, hint: .seconds(600)))
      for tenant in ["other", nil] as [String?] {
        let error = try await llmError {
          try await llm.complete("Summarise \(text)", chain: Self.chain, run: "r", tenant: tenant)
        }
        #expect(error.code == .failed)
      }
      let old = try await llm.complete("Summarise \(text)", chain: Self.chain, run: "r", tenant: "acme")
      guard case .cache = old.source else { throw Unexpected(description: "\(old.source)") }
      #expect(old.text == first.text)
    }
  }
}
