import Foundation
import Oracle
import PrivateRedis
import TestSupport
import Testing

@testable import Simulation

/// Real processes, a real Redis, real HTTP; small.
@Suite(.serialized) struct WholeRunTests {
  private func settings(seconds: Double = 4, workers: Int = 3) throws -> SimulationSettings {
    var settings = SimulationSettings(
      source: .synthetic, workers: workers, duration: .microseconds(Int64(seconds * 1_000_000)),
      limits: SimulationLimits(
        windows: [
          WindowRule(unit: .requests, amount: 40, length: .seconds(1)),
          WindowRule(unit: .tokens, amount: 40_000, length: .seconds(1)),
        ], concurrency: 30),
      model: try SimulatedModel(name: "gpt-4o"), worker: [Limiterd.path, "simulate-worker"])
    settings.budget = 1_000_000_000_000
    return settings
  }

  @Test func `processes share the limits, and nothing is passed`() async throws {
    let outcome = try await SimulationRun(settings()).run(interrupts: AsyncStream { _ in })
    let report = outcome.report
    #expect(outcome.findings.violations == [])
    #expect(report.oracle.violations == 0)
    #expect(report.oracle.checked > 500)
    #expect(outcome.hasHistory)
    #expect(outcome.findings.unjudged == [])
    #expect(report.completed > 50)
    #expect(report.requests == report.completed + report.failed + report.denied)
    #expect(report.provider.requests >= report.completed)
    #expect(report.utilisation.keys.sorted() == ["concurrency", "requests", "tokens"])
    #expect(report.spent != "0.00")
    #expect(report.budget == "1000.00")
    #expect(report.seconds > 3 && report.seconds <= 4)
    #expect(report.workers == 3)
  }

  @Test func `through two limiterds nothing is passed either, and nothing is left behind`() async throws {
    var settings = try settings(workers: 4)
    (settings.limiterds, settings.sidecar) = (2, [Limiterd.path, "serve"])
    // Nobody is refused whose way to the provider was not longer than this, and machines are busy.
    settings.guardTime = .milliseconds(750)
    let outcome = try await SimulationRun(settings).run(interrupts: AsyncStream { _ in })
    #expect(outcome.findings.violations == [])
    #expect(outcome.hasHistory && outcome.notes == [])
    #expect(outcome.report.limiterds == 2)
    #expect(outcome.report.completed > 50)
    #expect(outcome.report.failed == 0)
    #expect(outcome.report.provider.rejected == 0)
  }

  @Test func `a limiterd that cannot start is told with its reason`() async throws {
    var settings = try settings(seconds: 1)
    (settings.limiterds, settings.sidecar) = (1, [Limiterd.path, "serve", "--nonsense"])
    let error = await #expect(throws: SimulationError.self) {
      try await SimulationRun(settings).run(interrupts: AsyncStream { _ in })
    }
    #expect(error?.code == .environment)
    #expect(error?.message.contains("--nonsense") == true, "\(error?.message ?? "")")
  }

  @Test func `the budget stops the calls, to the last one that fits`() async throws {
    var settings = try settings(seconds: 3)
    settings.budget = 100_000_000
    let outcome = try await SimulationRun(settings).run(interrupts: AsyncStream { _ in })
    #expect(outcome.findings.violations == [])
    #expect((outcome.outcomes[.unaffordable] ?? 0) > 0)
    #expect(outcome.report.denied > 0)
    #expect(outcome.report.budget == "0.10")
    let spent = try #require(Double(outcome.report.spent))
    #expect(spent <= 0.1)
    #expect(spent > 0.08)
  }

  @Test func `a budget that is smaller than any call stops all of them`() async throws {
    var settings = try settings(seconds: 1, workers: 1)
    settings.budget = 1
    let outcome = try await SimulationRun(settings).run(interrupts: AsyncStream { _ in })
    #expect(outcome.outcomes == [.unaffordable: outcome.report.requests])
    #expect(outcome.report.requests > 0)
    let text = ReportText.format(outcome)
    #expect(text.contains("were stopped by the budget"))
    // Nobody got a permit: there is nothing to say about waits.
    #expect(!text.contains("  wait"))
  }

  @Test func `an interrupt stops the arrivals and still reports`() async throws {
    let (interrupts, signal) = AsyncStream.makeStream(of: Void.self)
    let settings = try settings(seconds: 600)
    let outcome = try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await Task.sleep(for: .seconds(3))
        signal.yield()
      }
      return try await within(.seconds(60), "an interrupted run") {
        try await SimulationRun(settings).run(interrupts: interrupts)
      }
    }
    #expect(outcome.isInterrupted)
    #expect(outcome.findings.violations == [])
    #expect(outcome.report.seconds < 60)
    #expect(ReportText.format(outcome).contains("Interrupted after"))
  }

  @Test func `without a program for the workers it says so`() async throws {
    var settings = try settings()
    settings.worker = ["/nowhere/limiterd", "simulate-worker"]
    let run = try SimulationRun(settings)
    let error = await #expect(throws: SimulationError.self) { try await run.run(interrupts: AsyncStream { _ in }) }
    #expect(error?.code == .worker)
    #expect(error?.message.contains("/nowhere/limiterd") == true)
  }

  @Test func `without a Redis it says so at once`() async throws {
    var settings = try settings()
    settings.redisURL = "unix:///nowhere/redis.sock"
    let run = try SimulationRun(settings)
    let error = await #expect(throws: SimulationError.self) { try await run.run(interrupts: AsyncStream { _ in }) }
    #expect(error?.code == .environment)
    #expect(error?.message.contains("apt-get install redis-server") == true)
  }

  @Test func `a wrong password is fatal and is never shown`() async throws {
    try await withRedis(PrivateRedisConfiguration(password: "right")) { server in
      var settings = try settings()
      settings.redisURL = "unix://\(server.socketPath)?password=hunter2"
      let run = try SimulationRun(settings)
      let error = await #expect(throws: SimulationError.self) { try await run.run(interrupts: AsyncStream { _ in }) }
      #expect(error?.message.contains("WRONGPASS") == true)
      #expect(error?.message.contains("hunter2") == false)
    }
  }

  @Test func `a Redis that evicts is warned of`() async throws {
    let warning = try await withRedis(PrivateRedisConfiguration(extraLines: ["maxmemory-policy allkeys-lru"])) {
      server in
      try await RedisCheck.look(at: server.socketURL)
    }
    #expect(warning?.contains("allkeys-lru") == true)
    let none = try await withRedis { server in try await RedisCheck.look(at: server.socketURL) }
    #expect(none == nil)
  }

  @Test func `in another's Redis the provider's log and the grants are judged`() async throws {
    try await withRedis { server in
      var settings = try settings(seconds: 2, workers: 2)
      settings.redisURL = server.socketURL
      let outcome = try await SimulationRun(settings).run(interrupts: AsyncStream { _ in })
      #expect(!outcome.hasHistory)
      #expect(outcome.report.oracle.violations == 0)
      #expect(outcome.report.completed > 0)
      #expect(ReportText.format(outcome).contains("no AOF of another's Redis"))
      // Its history is there for whoever may read it.
      let limits = OracleLimits(windows: ["requests": .init(amount: 40, lengthMicroseconds: 1_250_000)])
      #expect(try HistoryOracle.check(server.directory, limits: limits).violations == [])
    }
  }

  @Test func `a small share of a small limit is no violation`() async throws {
    var settings = try settings(seconds: 2, workers: 2)
    settings.limits = SimulationLimits(windows: [WindowRule(unit: .requests, amount: 3, length: .seconds(1))])
    settings.headroomPerMille = 300
    let outcome = try await SimulationRun(settings).run(interrupts: AsyncStream { _ in })
    #expect(outcome.findings.violations == [])
    #expect(outcome.report.completed > 0)
  }

  @Test func `a run that has nothing more to do says how long it was`() async throws {
    var settings = try settings(seconds: 30, workers: 1)
    settings.limits = SimulationLimits(windows: [WindowRule(unit: .requests, amount: 1, length: .seconds(30))])
    settings.load = 0.5
    let outcome = try await SimulationRun(settings).run(interrupts: AsyncStream { _ in })
    #expect(outcome.report.requests == 1)
    #expect(outcome.report.seconds < 15)
  }
}
