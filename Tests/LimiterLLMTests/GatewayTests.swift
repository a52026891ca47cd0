import LimiterClient
import LimiterCore
import LimiterLLM
import Logging
import Providers
import Resilience
import Simulation
import TestSupport
import Testing

/// A gateway in front of a provider has headers of its own.
@Suite struct GatewayTests {
  private static let model = "claude-sonnet-4-5"
  private static let policy = """
    headroom: 1.0
    models: {claude-sonnet-4-5: {provider: anthropic, limits: {requests: 100/1m, input_tokens: 1000000/1m}}}
    """
  private static let answer =
    #"{"type": "message", "id": "m", "role": "assistant", "content": [{"type": "text", "text": "hi"}], "#
    + #""stop_reason": "end_turn", "usage": {"input_tokens": 10, "output_tokens": 1}}"#

  @Test func `a usage that costs more than can be counted leaves the call charged as reserved, and holds nothing`()
    async throws
  {
    let policy = """
      models: {claude-sonnet-4-5: {provider: anthropic, limits: {concurrency: 100}}}
      limits: {run-budget: {per: run, budget: 1.00 USD}}
      """
    let absurd = Self.answer.replacing(#""output_tokens": 1}"#, with: #""output_tokens": 1099511627776}"#)
    try await withGateway(answer: absurd) { gateway in
      try await withWorld(policy) { world in
        let llm = world.llm { $0.environment["ANTHROPIC_BASE_URL"] = gateway }
        let answer = try await llm.complete("hi", chain: [Self.model], run: "r")
        #expect(answer.text == "hi" && answer.usage?.output == 1_099_511_627_776)
        #expect(try await world.used("run-budget", model: Self.model, run: "r") == answer.nanodollars)
        #expect(answer.nanodollars > 0 && answer.nanodollars < 1_000_000_000)
        #expect(try await world.used("\(Self.model).concurrency", model: Self.model, run: "r") == 0)
      }
    }
  }

  @Test(arguments: [false, true])
  func `numbers beyond all bounds are no more than the largest, and what else is said counts`(
    _ viaLimiterd: Bool
  ) async throws {
    let headers = [
      "anthropic-ratelimit-input-tokens-limit": "9223372036854775807",
      "anthropic-ratelimit-input-tokens-remaining": "9223372036854775807",
      "anthropic-ratelimit-requests-limit": "100", "anthropic-ratelimit-requests-remaining": "40",
      // 83 days: no window is as long.
      "x-ratelimit-reset-requests": "2000h",
    ]
    try await withGateway(headers, answer: Self.answer) { gateway in
      try await withWorld(Self.policy) { world in
        let quiet = Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() })
        @Sendable func test(_ limiter: LimiterClient) async throws {
          var settings = world.settings
          settings.environment["ANTHROPIC_BASE_URL"] = gateway
          let llm = LLM(limiter, settings, logger: quiet)
          #expect(try await llm.complete("hi", chain: [Self.model]).text == "hi")
          #expect(try await world.used("\(Self.model).requests", model: Self.model) == 60)
          #expect(llm.statistics.viewsLowered == 1)
        }
        guard viaLimiterd else { return try await test(world.limiter) }
        let limiterd = try await ServedLimiterd(policy: "domain: \(world.domain)\n\(Self.policy)", redis: world.url)
        try await LimiterClient.withClient(.limiterd(socket: limiterd.socket), logger: quiet) { limiter in
          try await test(limiter)
        }
        await limiterd.end(15)
      }
    }
  }
}
