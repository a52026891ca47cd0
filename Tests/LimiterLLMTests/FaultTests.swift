import LimiterConfiguration
import LimiterCore
import LimiterLLM
import Providers
import Resilience
import Simulation
import Synchronization
import TestSupport
import Testing

@Suite struct FaultTests {
  @Test func aRateLimitFallsBackAndTheEndIsAMarkedOldAnswer() async throws {
    try await withWorld(
      openPolicy, { $0.faults = [ProviderFault(.rateLimit, from: 0, model: "gpt-4o", retryAfter: "30")] }
    ) { world in
      let llm = world.llm()
      let first = try await llm.complete("What?", run: "r", deadline: .seconds(20))
      #expect(first.source == .model("gpt-4o-mini"))
      #expect(first.hops.first?.reason == .failed(.rateLimited), "30 s are more than half of the time left")
      // It is left alone now.
      let second = try await llm.complete("Who?", run: "r")
      #expect(second.source == .model("gpt-4o-mini"))
      #expect(world.arrivals.count { $0.model == "gpt-4o" } == 1)
      // Without money there is the old answer.
      let poor = try await llm.complete(
        ChatRequest("What?"), chain: ["gpt-4o", "cache"], run: "r", deadline: .seconds(20))
      guard case .cache = poor.source else { throw Unexpected(description: "\(poor.source)") }
      #expect(poor.text == first.text)
      #expect(poor.model == "gpt-4o-mini")
      #expect(poor.nanodollars == 0)
      #expect(llm.statistics.fallbacks == 3)
      #expect(llm.statistics.rateLimitedWhileAdmitted == 1)
    }
  }

  @Test func aSpentQuotaIsNeverTriedAgain() async throws {
    try await withWorld(openPolicy, { $0.faults = [ProviderFault(.quota)] }) { world in
      let llm = world.llm()
      let error = try await llmError { try await llm.complete("hi", chain: ["gpt-4o"], run: "r") }
      #expect(error.code == .failed)
      #expect(error.attempts.map { $0.failure?.errorClass } == [.quotaExhausted])
      #expect(world.arrivals.count == 1)
      #expect(try await world.used("run-budget", run: "r") == 0)
    }
  }

  @Test func aStreamThatIsCutIsChargedForWhatCame() async throws {
    try await withWorld(openPolicy, { $0.faults = [ProviderFault(.cut)] }) { world in
      for model in ["gpt-4o", "claude-sonnet-4-5"] {
        let llm = world.llm()
        let seen = Mutex("")
        let before = world.provider.ledger.bills[model]?.input ?? 0
        let error = try await llmError {
          try await llm.stream("hello", chain: [model, "gpt-4o-mini"], run: model) { piece in
            seen.withLock { $0 += piece }
          }
        }
        #expect(error.attempts.map { $0.failure?.errorClass } == [.streamBroken], "never silently again")
        #expect(error.partialText == seen.withLock { $0 })
        // What was on its way when the connection broke may be lost: half of 200 tokens at most has come.
        let came = seen.withLock { Int64($0.utf8.count) }
        #expect((1...400).contains(came))
        let bill = try #require(world.provider.ledger.bills[model])
        let price = try #require(PriceList.builtIn.price(of: model))
        let cost = price.cost(inputTokens: bill.input - before, outputTokens: (came + 3) / 4)
        #expect(try await world.used("run-budget", model: model, run: model) == cost, "input, and what came")
        #expect(try await world.used("\(model).concurrency", model: model) == 0)
      }
    }
  }

  /// Calls of one process, and of sixty-four that know of each other through Redis alone.
  @Test(arguments: [1, 64])
  func sixtyFourThatAreToldToWaitComeBackSpreadAndNotBefore(_ processes: Int) async throws {
    try await withWorld(
      openPolicy, { $0.faults = [ProviderFault(.rateLimit, lasts: 1.5, retryAfter: "2")] }
    ) { world in
      let llms = (0..<processes).map { _ in world.llm() }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<64 {
          group.addTask {
            let answer = try await llms[number % processes].complete(
              ChatRequest("\(number)"), chain: ["gpt-4o"], run: "r\(number)")
            #expect(answer.source == .model("gpt-4o"))
          }
        }
        try await group.waitForAll()
      }
      let times = world.arrivals.map(\.at)
      let start = times.min() ?? 0
      // Those that were on their way when the first answer came: on a machine that is busy, that takes its time.
      let first = times.filter { $0 < start + 1.5 }
      let back = times.filter { $0 >= start + 1.5 }
      #expect(back.count == 64 && first.count <= 64, "\(first.count) were refused")
      let (earliest, latest) = (back.min() ?? 0, back.max() ?? 0)
      #expect(earliest - start >= 2, "nobody before the hint ends")
      #expect(latest - earliest >= 0.1, "spread over 10 % of the hint")
      let histogram = Dictionary(grouping: back) { Int(($0 - earliest) / 0.02) }
      #expect((histogram.values.map(\.count).max() ?? 0) <= 32, "no stampede: \(histogram.mapValues(\.count))")
    }
  }

  @Test func aDeadPrimaryIsProbedNotStampededAndTakenBack() async throws {
    try await withWorld(
      openPolicy, { $0.faults = [ProviderFault(.serverError, lasts: 3, model: "gpt-4o")] }
    ) { world in
      let llm = world.llm {
        $0.cooldown = CooldownPolicy(base: .milliseconds(400), longest: .milliseconds(800))
        $0.attempts = 2
      }
      let clock = ContinuousClock()
      _ = try await llm.complete("first", chain: ["gpt-4o", "gpt-4o-mini"])
      let start = clock.now
      let sources = Recorder<LLMAnswer.Source>()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for worker in 0..<8 {
          group.addTask {
            while start.duration(to: clock.now) < .seconds(5) {
              let began = clock.now
              let answer = try await llm.complete(
                "hi", chain: ["gpt-4o", "gpt-4o-mini"], run: "w\(worker)", deadline: .seconds(3))
              #expect(began.duration(to: clock.now) < .seconds(3))
              sources.record(answer.source)
              try await Task.sleep(for: .milliseconds(20))
            }
          }
        }
        try await group.waitForAll()
      }
      let met = world.provider.ledger.arrivals.filter { $0.fault != nil }.map { Double($0.atMicroseconds) / 1e6 }
      let dead = met.map { $0 - (met.first ?? 0) }
      // Eight at once with two attempts each, until five have failed; then a probe, with its retry, every 0.4 to 0.8 s.
      #expect(dead.count <= 16 + 2 * 8, "\(dead)")
      #expect(dead.count { $0 > 1 } >= 2, "probed")
      let last = sources.elements.suffix(8)
      #expect(last.allSatisfy { $0 == .model("gpt-4o") }, "taken back")
    }
  }

  @Test func whatIsNoJSONIsTriedAgainAndChargedAsReserved() async throws {
    try await withWorld(openPolicy, { $0.faults = [ProviderFault(.notJSON, count: 1)] }) { world in
      let request = ChatRequest("hi", maximumOutputTokens: 200)
      let answer = try await world.llm().complete(request, chain: ["gpt-4o"], run: "r")
      #expect(answer.attempts.map { $0.failure?.errorClass } == [.transient, nil])
      #expect(try await world.used("run-budget", run: "r") == world.billed, "both were worked on")
    }
  }

  @Test func ofAConnectionThatBreaksNobodyKnowsAndItStaysCharged() async throws {
    try await withWorld(openPolicy, { $0.faults = [ProviderFault(.drop, count: 1)] }) { world in
      let request = ChatRequest("hi", maximumOutputTokens: 200)
      let answer = try await world.llm().complete(request, chain: ["gpt-4o"], run: "r")
      #expect(answer.attempts.count == 2)
      #expect(try await world.used("run-budget", run: "r") == 2 * world.billed)
    }
  }

  @Test func cancelledAnywhereNothingIsHeld() async throws {
    let policy = openPolicy.replacing(
      "gpt-4o: {provider: openai, limits: {concurrency: 100}}",
      with: "gpt-4o: {provider: openai, limits: {concurrency: 1}}")
    try await withWorld(
      policy,
      {
        $0.faults = [
          ProviderFault(.serverError, count: 1), ProviderFault(.slow, count: 2, delay: 30),
        ]
      }
    ) { world in
      // In its backoff, in the queue behind a slow one, at the provider, in a stream.
      let backoff = world.llm { $0.backoff = Backoff(jitter: .none, cap: .seconds(60)) }
      let sleeping = Task { try await backoff.complete("a", chain: ["gpt-4o"], run: "a") }
      try await eventually("it has failed") { backoff.statistics.failures["transient"] == 1 }
      try await eventually("no slot while it sleeps") { try await world.used("gpt-4o.concurrency") == 0 }
      #expect(world.arrivals.count == 1)
      sleeping.cancel()
      await #expect(throws: CancellationError.self) { try await sleeping.value }
      let llm = world.llm()
      let asking = Task {
        try await llm.complete(ChatRequest("b", maximumOutputTokens: 50), chain: ["gpt-4o"], run: "b")
      }
      try await eventually("as expected") { world.arrivals.count == 2 }
      let queueing = Task { try await llm.complete("c", chain: ["gpt-4o"], run: "c") }
      try await Task.sleep(for: .milliseconds(50))
      queueing.cancel()
      await #expect(throws: CancellationError.self) { try await queueing.value }
      #expect(try await world.used("run-budget", run: "c") == 0)
      asking.cancel()
      await #expect(throws: CancellationError.self) { try await asking.value }
      try await eventually("as expected") { try await world.used("gpt-4o.concurrency") == 0 }
      #expect(try await world.used("run-budget", run: "b") > 0, "it was sent, and stays charged")
      let streaming = Task { try await llm.stream("d", chain: ["gpt-4o"], run: "d") { _ in } }
      try await eventually("as expected") { world.arrivals.count == 3 }
      streaming.cancel()
      await #expect(throws: CancellationError.self) { try await streaming.value }
      try await eventually("as expected") { try await world.used("gpt-4o.concurrency") == 0 }
    }
  }

  @Test func whoListensMayStopAndPaysForWhatCame() async throws {
    struct Enough: Error {}
    try await withWorld { world in
      await #expect(throws: Enough.self) {
        try await world.llm().stream("hi", chain: ["gpt-4o"], run: "r") { _ in throw Enough() }
      }
      #expect(try await world.used("gpt-4o.concurrency") == 0)
      let charged = try await world.used("run-budget", run: "r")
      #expect(charged > 0)
      #expect(charged < 2_100_000, "one piece of ten, not 200 tokens")
    }
  }

  @Test func aClassOfFailuresHasItsOwnModels() async throws {
    let faults = [
      ProviderFault(.contentFilter, model: "gpt-4o", count: 1), ProviderFault(.contextTooLong, model: "gpt-4o"),
    ]
    try await withWorld(openPolicy, { $0.faults = faults }) { world in
      let llm = world.llm {
        $0.fallbacks = [.contentPolicy: ["claude-sonnet-4-5"], .contextTooLong: ["gpt-4o", "gpt-4o-mini"]]
      }
      let filtered = try await llm.complete("hi", chain: ["gpt-4o", "gpt-4o-mini"])
      #expect(filtered.model == "claude-sonnet-4-5" && filtered.hops.map(\.model) == ["gpt-4o", "claude-sonnet-4-5"])
      #expect(try await llm.complete("hi", chain: ["gpt-4o"]).model == "gpt-4o-mini")
      // Without them a filter's no is the caller's to hear.
      let error = try await llmError { try await world.llm().complete("hi", chain: ["gpt-4o", "gpt-4o-mini"]) }
      #expect(error.code == .failed && world.arrivals.last?.model == "gpt-4o")
      for unknown in ["gpt-5o", "no-such-model"] {
        let bad = world.llm { $0.fallbacks = [.contentPolicy: [unknown]] }
        #expect(try await llmError { try await bad.complete("hi", chain: ["gpt-4o"]) }.code == .unknownModel)
      }
    }
  }
}
