import Hiredis
import Oracle
import PrivateRedis
import RedisClient
import TestSupport
import Testing

@testable import Simulation

/// A window's keys must live as long as their last entry, also when a denied call has dropped what had expired before.
///
///     time     0 s          2.7        3.05       5.4         6 + 1        8.4
///     entry    a = 5        b = 4      7: denied  c = 6       keys die?    c leaves
///              (leaves 3)   (5.7)      (drops a)  (nothing has expired)
@Suite struct KeyLifetimeTests {
  @Test func `a denied call that drops expired entries does not shorten the life of later ones`() async throws {
    try await withRedis { server in
      let policy = SimulationPolicy(
        domain: "lifetime", model: try SimulatedModel(name: "gpt-4o"),
        limits: SimulationLimits(windows: [WindowRule(unit: .tokens, amount: 10, length: .seconds(3))]), budget: nil,
        headroomPerMille: 1_000, guardMicroseconds: 0)
      let configuration = WorkerConfiguration(
        number: 1, redisURL: server.socketURL, providerURL: "", policy: policy, durationMicroseconds: 0, calls: [])
      let granted = try await WorkerLimiter.with(configuration) { limiter in
        // What opens connection and session must not take time between the calls.
        try await limiter.check()
        var start = ContinuousClock.now
        var granted: [Bool] = []
        for (milliseconds, tokens) in [(0, 5), (2_700, 4), (3_050, 7), (5_400, 6)] as [(Int, Int64)] {
          try await Task.sleep(until: start + .milliseconds(milliseconds), clock: .continuous)
          let call = TraceCall(atMicroseconds: 0, inputTokens: tokens, outputTokens: 0)
          if case .granted = try await limiter.acquire(call, until: .now) {
            granted.append(true)
          } else {
            granted.append(false)
          }
          // The first one leaves a window after its grant, which was before now.
          if granted.count == 1 { start = .now }
          if granted.count == 3 {
            let left = try await RedisVisit.make(server.socketURL) { client in
              try await client.send(["ZCARD", "lim:{lifetime}:window:tokens"]).int
            }
            #expect(left == 1, "the denied call has dropped the first one")
          }
        }
        return granted
      }
      #expect(granted == [true, true, false, true])
      let report = try HistoryOracle.check(server.directory, limits: policy.oracleLimits)
      #expect(report.violations == [])
      #expect(report.checked > 0)
    }
  }
}
