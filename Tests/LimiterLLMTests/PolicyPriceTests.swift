import LimiterClient
import LimiterConfiguration
import LimiterCore
import LimiterLLM
import Logging
import Providers
import TestSupport
import Testing

/// A policy with a price of its own: what is told is what is charged.
@Suite struct PolicyPriceTests {
  private static let policy = openPolicy.replacing(
    "gpt-4o: {provider: openai,", with: #"gpt-4o: {provider: openai, price: {input: "50", output: "100"},"#)
  private static let price = ModelPrice(input: 50_000_000_000, output: 100_000_000_000)

  @Test func `straight to Redis the policy's price is told`() async throws {
    try await withWorld(Self.policy) { world in
      let answer = try await world.llm().complete("hi", chain: ["gpt-4o"], run: "r")
      let usage = try #require(answer.usage)
      #expect(answer.nanodollars == Self.price.cost(inputTokens: usage.input, outputTokens: usage.output))
      #expect(try await world.used("run-budget", run: "r") == answer.nanodollars)

      let policy = try PolicyFile.parse("domain: \(world.domain)\n" + Self.policy, name: "test")
      let quiet = Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() })
      let second = try await LLM.withLLM(.redis(url: world.url, policy: policy), world.settings, logger: quiet) { llm in
        try await llm.complete("hi", chain: ["gpt-4o"], run: "s")
      }
      #expect(second.nanodollars == answer.nanodollars)
      #expect(try await world.used("run-budget", run: "s") == second.nanodollars)
    }
  }

  @Test func `over limiterd the price of its policy is told, too`() async throws {
    try await withWorld(Self.policy) { world in
      let limiterd = try await ServedLimiterd(policy: "domain: \(world.domain)\n\(Self.policy)", redis: world.url)
      let quiet = Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() })
      try await LimiterClient.withClient(.limiterd(socket: limiterd.socket), logger: quiet) { other in
        let llm = LLM(other, world.settings, logger: quiet)
        let answer = try await llm.complete("hi", chain: ["gpt-4o"], run: "r")
        let usage = try #require(answer.usage)
        #expect(answer.nanodollars == Self.price.cost(inputTokens: usage.input, outputTokens: usage.output))
        #expect(try await world.used("run-budget", run: "r") == answer.nanodollars)
        #expect(llm.statistics.nanodollars == answer.nanodollars)
        let direct = try await world.llm().complete("hi", chain: ["gpt-4o"], run: "s")
        #expect(direct.nanodollars == answer.nanodollars)
        // The settings' own price goes before it here, too.
        var settings = world.settings
        settings.models["gpt-4o"] = LLMSettings.Model(inputPrice: 0, outputPrice: 0)
        let free = LLM(other, settings, logger: quiet)
        #expect(try await free.complete("hi", chain: ["gpt-4o"], run: "r").nanodollars == 0)
      }
      await limiterd.end(15)
    }
  }

  @Test func `the settings' own price goes before it`() async throws {
    try await withWorld(Self.policy) { world in
      let free = world.llm { $0.models["gpt-4o"] = LLMSettings.Model(inputPrice: 0, outputPrice: 0) }
      let answer = try await free.complete("hi", chain: ["gpt-4o"], run: "r")
      #expect(answer.nanodollars == 0)
      // Half of a price is none, and what else is told of the model stays.
      let half = world.llm { $0.models["gpt-4o"] = LLMSettings.Model(inputPrice: 0, longestOutput: 10) }
      let known = LLMSettings.Model(
        inputPrice: Self.price.input, outputPrice: Self.price.output, longestOutput: 10)
      #expect(half.settings.models["gpt-4o"] == known)
    }
  }

  @Test func `settings of a file have its providers and prices`() throws {
    let file = try PolicyFile.parseAll("domain: d\n" + Self.policy, name: "test")
    let known = LLMSettings.Model(
      provider: "openai", inputPrice: Self.price.input, outputPrice: Self.price.output)
    #expect(LLMSettings(file, environment: [:]).models["gpt-4o"] == known)
  }
}
