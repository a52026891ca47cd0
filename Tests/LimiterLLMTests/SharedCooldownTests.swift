import LimiterClient
import LimiterConfiguration
import LimiterCore
import LimiterLLM
import Logging
import Providers
import Resilience
import Simulation
import TestSupport
import Testing

/// What one worker is told by a provider, all know.
@Suite struct SharedCooldownTests {
  /// Two clients of one domain, as two processes have them: straight to Redis, and through a limiterd.
  private func withTwo(
    _ configure: (inout ProviderConfiguration) -> Void = { _ in },
    _ body: @escaping @Sendable (World, LLM, LLM) async throws -> Void
  ) async throws {
    try await withWorld(openPolicy, configure) { world in
      let limiterd = try await ServedLimiterd(
        policy: "domain: \(world.domain)\n\(openPolicy)", redis: world.url)
      let quiet = Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() })
      try await LimiterClient.withClient(.limiterd(socket: limiterd.socket), logger: quiet) { other in
        try await body(world, world.llm(), LLM(other, world.settings, logger: quiet))
      }
      await limiterd.end(15)
    }
  }

  @Test func `a hint that one worker got keeps the others away, until it ends`() async throws {
    try await withTwo({ $0.faults = [ProviderFault(.rateLimit, model: "gpt-4o", count: 1, retryAfter: "6")] }) {
      world, first, second in
      let chain = ["gpt-4o", "gpt-4o-mini"]
      // Too long to be waited for within this deadline.
      let told = try await first.complete("hi", chain: chain, run: "a", deadline: .seconds(3))
      #expect(told.model == "gpt-4o-mini")
      let answer = try await second.complete("hi", chain: chain, run: "b")
      #expect(answer.model == "gpt-4o-mini")
      guard case .cooling(let left, .rateLimited)? = answer.hops.first?.reason else {
        Issue.record("\(answer.hops)")
        return
      }
      #expect(left > .zero && left <= .seconds(6))
      #expect(world.arrivals.count { $0.model == "gpt-4o" } == 1)
      let listed = try await second.limiter.cooldowns()
      #expect(listed.map(\.model) == ["gpt-4o"] && listed[0].state.reason == "rateLimited")
      try await eventually("the hint has ended") { await first.cooldowns.cooling("gpt-4o") == nil }
      #expect(try await second.complete("hi", chain: chain, run: "b").model == "gpt-4o")
      #expect(try await first.limiter.cooldowns().isEmpty)
    }
  }

  @Test func `a bad key keeps its own process away, and who has another one goes on`() async throws {
    try await withTwo({ $0.faults = [ProviderFault(.unauthorized, model: "gpt-4o", count: 1)] }) {
      world, first, second in
      let chain = ["gpt-4o", "gpt-4o-mini"]
      #expect(try await first.complete("hi", chain: chain).model == "gpt-4o-mini")
      #expect(try await second.complete("hi", chain: chain).model == "gpt-4o")
      let answer = try await first.complete("hi", chain: chain)
      #expect(answer.model == "gpt-4o-mini")
      guard case .cooling(_, .authOrConfiguration)? = answer.hops.first?.reason else {
        Issue.record("\(answer.hops)")
        return
      }
      #expect(world.arrivals.count { $0.model == "gpt-4o" } == 2)
      #expect(try await second.limiter.cooldowns().isEmpty)
    }
  }

  @Test func `a process without a way to the provider keeps itself away, and nobody else`() async throws {
    try await withWorld { world in
      // Each with cooldowns of its own, as two processes have them.
      let second = world.llm()
      let chain = ["gpt-4o", "claude-sonnet-4-5"]
      let cutOff = world.llm {
        $0.environment["OPENAI_BASE_URL"] = "http://127.0.0.1:1/v1"
        $0.attempts = 2
      }
      // Each call fails twice.
      for number in 0..<3 {
        let answer = try await cutOff.complete(ChatRequest("\(number)"), chain: chain)
        #expect(answer.model == "claude-sonnet-4-5" && answer.hops.first?.reason == .failed(.transient))
      }
      let answer = try await cutOff.complete("hi", chain: chain)
      guard case .cooling(_, .transient)? = answer.hops.first?.reason else {
        Issue.record("\(answer.hops)")
        return
      }
      #expect(try await second.limiter.cooldowns().isEmpty)
      #expect(try await second.complete("hi", chain: chain).model == "gpt-4o")
    }
  }

  @Test func `a call that comes through ends a row of those without a connection`() async throws {
    let cooldowns = SharedCooldowns(CooldownPolicy(consecutive: 5)) { _, _ in
      CooldownState(
        admission: .clear, generation: 0, left: 0, reason: "", opened: 0, since: ServerTime(microseconds: 0))
    }
    let failure = TransportFailure.notConnected.failure("refused")
    let ticket = CircuitBreaker.Ticket(generation: 0, isProbe: false)
    for _ in 0..<3 {
      for _ in 0..<4 { await cooldowns.failed("m", ticket, failure) }
      #expect(await cooldowns.cooling("m")?.reason == nil)
      await cooldowns.succeeded("m", ticket)
    }
    for _ in 0..<5 { await cooldowns.told("m", failure) }
    #expect(await cooldowns.cooling("m")?.reason == .transient)
    await cooldowns.succeeded("m", ticket)
    #expect(await cooldowns.cooling("m")?.reason == nil)
  }

  @Test func `a dead primary is probed by one worker at a time`() async throws {
    try await withTwo({ $0.faults = [ProviderFault(.serverError, lasts: 2.5, model: "gpt-4o")] }) {
      world, _, other in
      let policy = CooldownPolicy(consecutive: 2, base: .milliseconds(300), longest: .milliseconds(500))
      let workers = [
        world.llm({
          $0.cooldown = policy
          $0.attempts = 1
        }),
        world.llm({
          $0.cooldown = policy
          $0.attempts = 1
        }),
        LLM(
          other.limiter,
          {
            var settings = other.settings
            settings.cooldown = policy
            settings.attempts = 1
            return settings
          }()),
      ]
      let clock = ContinuousClock()
      let start = clock.now
      let last = Recorder<String?>()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<12 {
          group.addTask {
            var model: String?
            // On a busy machine it takes longer until it is taken back.
            while start.duration(to: clock.now) < (model == "gpt-4o" ? .seconds(4) : .seconds(30)) {
              let answer = try await workers[number % 3].complete(
                "hi", chain: ["gpt-4o", "gpt-4o-mini"], run: "w\(number)", deadline: .seconds(3))
              model = answer.model
              try await Task.sleep(for: .milliseconds(20))
            }
            last.record(model)
          }
        }
        try await group.waitForAll()
      }
      let all = world.provider.ledger.arrivals.filter { $0.fault != nil }.map { Double($0.atMicroseconds) / 1e6 }
      let dead = all.map { $0 - (all.first ?? 0) }
      // All at once at the start; then one probe of all workers together every 0.3 to 0.5 s.
      #expect(dead.count { $0 > 0.25 } <= 10, "\(dead)")
      #expect(dead.count { $0 > 1 } >= 2, "probed: \(dead)")
      #expect(last.elements.allSatisfy { $0 == "gpt-4o" }, "taken back")
    }
  }

  @Test func `without Redis, what this process was told counts`() async throws {
    let quiet = Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() })
    var sidecar = SidecarSettings(socket: "/nowhere.sock")
    sidecar.patience = .milliseconds(50)
    try await LimiterClient.withClient(.limiterd(sidecar), logger: quiet) { limiter in
      let cooldowns = SharedCooldowns(limiter)
      await cooldowns.told("m", CallFailure(.rateLimited, hint: .seconds(30)))
      guard case .cooling(_, .rateLimited) = await cooldowns.admit("m") else {
        Issue.record("m is asked")
        return
      }
      guard case .clear(let ticket) = await cooldowns.admit("other") else {
        Issue.record("other is not asked")
        return
      }
      #expect(!ticket.isProbe)
    }
  }
}
