import Hiredis
import LimiterClient
import LimiterCore
import Logging
import RedisClient
import TestSupport
import Testing

@testable import LimiterDaemon

extension WholeTests {
  /// Whoever waits stands in the queues of all of its limits: that alone holds up nobody.
  @Suite(.serialized) struct CallsAheadTests {
    @Test func `who waits for another limit is ahead only where there is no room for all`() async throws {
      let limits = "own: {models: [m], concurrency: 1}\nshared: {requests: 3/1h}"
      try await withDaemon(limits) { first in
        try await withDaemon(limits, domain: first.domain) { second in
          let (holder, waiter) = (try await first.connect(), try await first.connect())
          let asking = try await second.connect()
          let direct = LimiterSettings(
            policy: try TestPolicy.parse(limits, domain: first.domain),
            redis: try RedisConfiguration(url: first.redisURL), name: "test")
          try await Limiter.withLimiter(direct, logger: .quiet) { limiter in
            func check(ahead: Int64) async throws {
              let told = try await asking.call(line: "EXPLAIN n")
              #expect(told["would_wait"] == .integer(ahead > 0 ? 1 : 0), "\(told)")
              #expect(told["limits"]?.array?.first?["waiting_ahead"] == .integer(ahead), "\(told)")
              let explained = try await limiter.explain(AdmissionRequest(model: "n"))
              #expect(explained.isAdmitted == (ahead == 0), "\(explained)")
              #expect(explained.limits.map(\.waitingAhead) == [Int(ahead)])
            }
            #expect(try await holder.call(line: "ACQUIRE m").isGranted)
            waiter.send("ACQUIRE", "m", "WAIT", "600000")
            try await eventually("it stands in both queues") {
              try await asking.call("WAITERS").array?.count == 2
            }
            // One is used, one is ahead, one is left.
            try await check(ahead: 0)
            for daemon in [holder, asking] {
              #expect(try await daemon.call(line: "PEEK n")["admitted"] == .integer(1))
            }
            #expect(try await asking.call(line: "ACQUIRE n").isGranted)
            // Two are used: the last one is for who is ahead.
            try await check(ahead: 1)
            #expect(try await asking.call(line: "ACQUIRE n").reason == "behind")
          }
        }
      }
    }
  }
}
