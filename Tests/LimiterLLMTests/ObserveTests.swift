import AsyncHTTPClient
import LimiterClient
import LimiterCore
import LimiterLLM
import Logging
import NIOCore
import NIOHTTP1
import Providers
import Resilience
import Simulation
import TestSupport
import Testing

/// What a provider says of its windows pulls our view down, and never up.
@Suite struct ObserveTests {
  private static let policy = """
    headroom: 1.0
    models: {gpt-4o: {provider: openai, limits: {requests: 100/1m, tokens: 1000000/1m}}}
    """
  private static let limits = SimulationLimits(windows: [
    WindowRule(unit: .requests, amount: 100, length: .seconds(60)),
    WindowRule(unit: .tokens, amount: 1_000_000, length: .seconds(60)),
  ])

  /// Somebody else with the same key, who knows no limiter.
  private func foreign(_ world: World, _ calls: Int) async throws {
    let url = try #require(world.settings.environment["OPENAI_BASE_URL"]) + "/chat/completions"
    for _ in 0..<calls {
      var request = HTTPClientRequest(url: url)
      request.method = .POST
      request.body = .bytes(Array(#"{"model": "gpt-4o", "messages": [{"role": "user", "content": "x"}]}"#.utf8))
      let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
      #expect(response.status == .ok)
      _ = try await response.body.collect(upTo: 1 << 20)
    }
  }

  @Test(arguments: [false, true])
  func `what others use counts as used, once, and no call of ours is refused`(_ viaLimiterd: Bool) async throws {
    try await withWorld(Self.policy, limits: Self.limits) { world in
      let quiet = Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() })
      @Sendable func test(_ llm: LLM) async throws {
        try await foreign(world, 60)
        _ = try await llm.complete("hi", chain: ["gpt-4o"])
        #expect(try await world.used("gpt-4o.requests") == 61)
        #expect(llm.statistics.viewsLowered == 1)
        // The rest is ours, and no call more; nothing is taken twice.
        for _ in 0..<39 { _ = try await llm.complete("hi", chain: ["gpt-4o"]) }
        #expect(try await world.used("gpt-4o.requests") == 100)
        let error = try await llmError { try await llm.complete("hi", chain: ["gpt-4o"], deadline: .seconds(1)) }
        #expect(error.attempts.allSatisfy { $0.failure?.errorClass == .denied })
        #expect(llm.statistics.rateLimitedWhileAdmitted == 0)
        #expect(try await world.used("gpt-4o.tokens") < 1_000_000)
      }
      guard viaLimiterd else { return try await test(world.llm()) }
      let limiterd = try await ServedLimiterd(policy: "domain: \(world.domain)\n\(Self.policy)", redis: world.url)
      try await LimiterClient.withClient(.limiterd(socket: limiterd.socket), logger: quiet) { limiter in
        try await test(LLM(limiter, world.settings, logger: quiet))
      }
      await limiterd.end(15)
    }
  }

  @Test func `many answers at once take what others use once`() async throws {
    try await withWorld(Self.policy, limits: Self.limits, { $0.baseLatencyMicroseconds = 100_000 }) { world in
      try await foreign(world, 30)
      let llm = world.llm()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<40 {
          group.addTask { _ = try await llm.complete(ChatRequest("\(number)"), chain: ["gpt-4o"], run: "r") }
        }
        try await group.waitForAll()
      }
      // What may still have been under way is not taken for theirs; the next call tells the rest.
      let used = try await world.used("gpt-4o.requests")
      #expect(used >= 40 && used <= 70)
      _ = try await llm.complete("next", chain: ["gpt-4o"], run: "r")
      #expect(try await world.used("gpt-4o.requests") == 71)
    }
  }

  @Test func `a refusal that was not foreseen takes three tenths, for all refusals of one moment`() async throws {
    try await withWorld(
      Self.policy, limits: Self.limits, { $0.faults = [ProviderFault(.rateLimit, count: 8, retryAfter: "0.2")] }
    ) { world in
      let llm = world.llm { $0.attempts = 1 }
      await withTaskGroup(of: Void.self) { group in
        for number in 0..<8 {
          group.addTask { _ = try? await llm.complete(ChatRequest("\(number)"), chain: ["gpt-4o"], run: "r") }
        }
      }
      let refused = Int64(llm.statistics.rateLimitedWhileAdmitted)
      #expect(refused >= 1)
      let (requests, tokens) = (try await world.used("gpt-4o.requests"), try await world.used("gpt-4o.tokens"))
      #expect(requests == refused + 30 && tokens >= 300_000)
    }
  }

  @Test func `views that make no sense take nothing, or no more than there is`() async throws {
    try await withWorld(Self.policy) { world in
      func granted() async throws -> Permit {
        try #require(try await world.limiter.acquire(AdmissionRequest(model: "gpt-4o", inputTokens: 10)).permit)
      }
      let permit = try await granted()
      for view in [
        ProviderView([]), ProviderView([.init(.requests, remaining: 1_000)]),
        ProviderView([.init(.requests, remaining: -5)]), ProviderView([.init(.inputTokens, remaining: 0)]),
        ProviderView([.init(.nanodollars, remaining: 0)]),
      ] {
        let taken = try await world.limiter.observe(permit, view)
        #expect(taken.isEmpty, "\(view)")
      }
      #expect(try await world.used("gpt-4o.requests") == 1)
      // A limit that is smaller than the policy thinks; reset after longer than a window.
      let taken = try await world.limiter.observe(
        permit, ProviderView([.init(.requests, limit: 50, remaining: 0, reset: .seconds(86_400))]))
      #expect(taken == [LimitID(rule: "gpt-4o.requests"): 99])
      // The requests were observed after this call was granted; the tokens were not.
      let refused = try await world.limiter.observe(permit, ProviderView([], isRefusal: true))
      #expect(refused == [LimitID(rule: "gpt-4o.tokens"): 300_000])
      try await world.limiter.settle(permit, .unknown)
    }
  }
}
