import LimiterClient
import LimiterConfiguration
import LimiterCore
import LimiterLLM
import Logging
import Providers
import Resilience
import Simulation
import PrivateRedis
import RedisClient
import TestSupport
import Testing

/// While Redis is away a call keeps its deadline, and an answer is not held back.
@Suite(.serialized) struct OutageTests {
  private static let quiet = Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() })

  /// Cooldowns of a store that never answers; each question is told.
  private func silent(_ asked: Recorder<String>) -> SharedCooldowns {
    SharedCooldowns(CooldownPolicy()) { model, _ in
      asked.record(model)
      try await Task.sleep(for: .seconds(3_600))
      throw CancellationError()
    }
  }

  @Test func `a store that never answers is waited for once, and what this process was told counts`() async throws {
    let asked = Recorder<String>()
    let cooldowns = silent(asked)
    let clock = ContinuousClock()
    let start = clock.now
    for _ in 0..<20 {
      guard case .clear(let ticket) = await cooldowns.admit("m") else {
        Issue.record("m is not asked")
        return
      }
      #expect(!ticket.isProbe)
      let cooling = await cooldowns.cooling("m")
      #expect(cooling?.reason == nil)
    }
    await cooldowns.told("m", CallFailure(.rateLimited, hint: .seconds(30)))
    guard case .cooling(_, .rateLimited) = await cooldowns.admit("m") else {
      Issue.record("m is asked")
      return
    }
    let time = start.duration(to: clock.now)
    #expect(time < .seconds(10), "a short time once, not each time")
    try await within(.seconds(5), "the hint is told all the same") { _ = try await asked.wait(count: 2) }
    #expect(asked.elements.count == 2, "one look, and the hint")
  }

  @Test func `a call keeps its deadline when the cooldowns are silent`() async throws {
    try await withWorld { world in
      let llm = world.llm(cooldowns: silent(Recorder<String>()))
      for _ in 0..<3 {
        let answer = try await llm.complete("hi", chain: ["gpt-4o"], run: "r", deadline: .seconds(4))
        #expect(answer.source == .model("gpt-4o"))
      }
    }
  }

  @Test func `a look at a cooldown that never comes back ends with the call's time`() async throws {
    try await withWorld { world in
      let llm = world.llm(cooldowns: WatchedCooldowns { _, _ in try? await Task.sleep(for: .seconds(3_600)) })
      let error = try await within(.seconds(60), "the call ends") {
        try await llmError { try await llm.complete("hi", chain: ["gpt-4o"], run: "r", deadline: .seconds(1)) }
      }
      #expect(error.code == .deadline || error.code == .limiter, "\(error)")
      #expect(world.arrivals.isEmpty)
    }
  }

  @Test(arguments: [false, true])
  func `a call that nobody decides on ends by its deadline`(_ viaLimiterd: Bool) async throws {
    let limits = """
      models:
        gpt-4o: {provider: openai, limits: {concurrency: 100}}
      limits:
        run-budget: {per: run, budget: 1.00 USD, on_failure: closed}
      """
    // Far beyond the deadline of the call.
    let patience = Duration.seconds(600)
    @Sendable func ask(_ llm: LLM, _ world: World) async throws {
      let error = try await within(.seconds(60), "the call ends") {
        try await llmError { try await llm.complete("hi", chain: ["gpt-4o"], run: "r", deadline: .seconds(3)) }
      }
      // On a machine without a moment for it, the time is over before anybody is asked.
      #expect(error.code == .limiter || error.code == .deadline, "\(error)")
      #expect(world.arrivals.isEmpty)
    }
    try await withWorld { world in
      if viaLimiterd {
        var settings = SidecarSettings(socket: "/nowhere.sock")
        settings.patience = patience
        return try await LimiterClient.withClient(.limiterd(settings), logger: Self.quiet) { limiter in
          try await ask(LLM(limiter, world.settings, logger: Self.quiet), world)
        }
      }
      try await withRedis { redis in
        let policy = try PolicyFile.parse("domain: \(world.domain)\n" + limits, name: "test")
        var settings = LimiterSettings(policy: policy, redis: try RedisConfiguration(url: redis.url))
        // Nobody knows yet that it is away.
        settings.slowAfter = .seconds(60)
        settings.patience = patience
        try await LimiterClient.withClient(.redis(settings), logger: Self.quiet) { limiter in
          _ = try await limiter.fleet()
          try redis.pause()
          try await ask(
            LLM(limiter, world.settings, cooldowns: WatchedCooldowns { _, _ in }, logger: Self.quiet), world)
          try redis.resume()
        }
      }
    }
  }

  @Test func `a budget's no comes by the deadline though nobody says what the budget counts`() async throws {
    let policy = openPolicy.replacing("budget: 1.00 USD", with: "budget: 0.015 USD")
    try await withWorld(policy) { world in
      let limiterd = try await ServedLimiterd(policy: "domain: \(world.domain)\n\(policy)", redis: world.url)
      let proxy = try await CuttingProxy(to: limiterd.socket, swallowing: "PEEK")
      var settings = SidecarSettings(socket: proxy.socket)
      settings.patience = .seconds(600)
      try await LimiterClient.withClient(.limiterd(settings), logger: Self.quiet) { limiter in
        let llm = LLM(limiter, world.settings, logger: Self.quiet)
        // 0.01 USD are held, and as much again is asked for.
        let holder = try await world.limiter.acquire(AdmissionRequest(model: "gpt-4o", outputTokens: 1_000, run: "r"))
        #expect(holder.permit != nil)
        let error = try await within(.seconds(60), "the call ends") {
          try await llmError {
            try await llm.complete(
              ChatRequest("hi", maximumOutputTokens: 1_000), chain: ["gpt-4o"], run: "r", deadline: .seconds(5))
          }
        }
        #expect(error.code == .overBudget && error.denial?.limit.rawValue == "run-budget:r", "\(error)")
        #expect(world.arrivals.isEmpty)
      }
      await proxy.close()
      await limiterd.end(15)
    }
  }

  @Test func `an answer that came is given back soon though Redis was killed, and so are the next`() async throws {
    // Nothing but what this process' own share decides meanwhile.
    let limits = """
      models:
        gpt-4o: {provider: openai, limits: {concurrency: 100}}
      """
    try await withWorld(openPolicy, { $0.faults = [ProviderFault(.slow, count: 1, delay: 1.5)] }) { world in
      try await withRedis { redis in
        let policy = try PolicyFile.parse("domain: \(world.domain)\n" + limits, name: "test")
        try await LimiterClient.withClient(try .redis(url: redis.url, policy: policy), logger: Self.quiet) { limiter in
          let llm = LLM(limiter, world.settings, logger: Self.quiet)
          let clock = ContinuousClock()
          let asking = Task { try await llm.complete("hi", chain: ["gpt-4o"], run: "r", deadline: .seconds(4)) }
          try await eventually("it is sent") { world.arrivals.count == 1 }
          await redis.kill()
          let killed = clock.now
          #expect(try await asking.value.source == .model("gpt-4o"))
          #expect(
            killed.duration(to: clock.now) < .seconds(9), "the answer took 1.5 s, the patience of three steps 5 s each")
          let start = clock.now
          #expect(
            try await llm.complete("hi", chain: ["gpt-4o"], run: "r", deadline: .seconds(15)).source
              == .model("gpt-4o"))
          #expect(start.duration(to: clock.now) < .seconds(12))
        }
      }
    }
  }
}
