@testable import LimiterClient
import LimiterCore
import PrivateRedis
import TestSupport
import Testing

extension ClientTests {
  /// One queue over several processes: each limiter here is one, with its own connection and session.
  @Suite struct QueueTests {
    @Test func theBestRankedCallOfAllProcessesComesFirst() async throws {
      let order = Recorder<Int>()
      try await withLimiters(3, [TestPolicy.slots(1)]) { limiters, keys in
        let blocker = try await limiters[0].permit()
        try await withThrowingTaskGroup(of: Void.self) { group in
          // Each process has urgent and other calls.
          for (number, priority) in [9, 4, 6, 1, 8, 3, 7, 2, 5].enumerated() {
            let limiter = limiters[number % 3]
            group.addTask {
              let permit = try await limiter.permit(call(priority: priority), waitingUpTo: .seconds(60))
              order.record(priority)
              try await limiter.settle(permit, .unknown)
            }
          }
          try await Self.allWait(9, limiters)
          try await eventually("all stand in the queue of all processes") {
            try await limiters[0].explain(call(priority: 10)).limits.first?.waitingAhead == 9
          }
          try await limiters[0].settle(blocker, .unknown)
          try await group.waitForAll()
        }
        #expect(order.elements == Array(1...9))
        #expect(try await keys.waiters("slots") == [])
      }
    }

    @Test func aCallThatNeedsLessPassesOnlyIfItMakesTheBetterOneNoLater() async throws {
      let window = Duration.seconds(3)
      try await withLimiters(2, [TestPolicy.tokens(100, per: window)]) { limiters, keys in
        let first = try await limiters[0].permit(call(tokens: 50))
        async let large = limiters[0].permit(call(tokens: 80), waitingUpTo: .seconds(60))
        try await eventually("the large call stands in the queue") { try await keys.waiters("tokens").count == 1 }
        // 50 are free now; when the first has left, 100 are, and the large call needs 80 of them.
        try await limiters[1].learnTheTime()
        let denial = try await limiters[1].denial(call(tokens: 30))
        #expect(denial.reason == .behind && denial.used == 55)
        let small = try await limiters[1].permit(call(tokens: 15))
        #expect(try await limiters[1].denial(call(tokens: 15)).reason == .behind)
        let granted = try await large
        #expect(small.grantedAt < granted.grantedAt)
        let waited = granted.grantedAt.microseconds - first.grantedAt.microseconds
        #expect(waited >= window.microsecondsRoundedUp)
        #expect(waited < window.microsecondsRoundedUp + 1_000_000, "the large call was late")
      }
    }

    @Test func whoGoesAwayHoldsUpNobody() async throws {
      try await withLimiters(2, [TestPolicy.tokens(100)]) { limiters, keys in
        _ = try await limiters[0].permit(call(tokens: 50))
        let large = Task { try await limiters[0].acquire(call(tokens: 80), waitingUpTo: .seconds(600)) }
        try await eventually("the large call stands in the queue") { try await keys.waiters("tokens").count == 1 }
        try await limiters[1].learnTheTime()
        #expect(try await limiters[1].denial(call(tokens: 30)).reason == .behind)
        let waiting = Task { try await limiters[1].permit(call(tokens: 30), waitingUpTo: .seconds(600)) }
        try await eventually("the small one waits behind it") { try await keys.waiters("tokens").count == 2 }
        large.cancel()
        // Long before the window has room by itself.
        #expect(try await waiting.value.reserved(.tokens) == 30)
        try await eventually("the queue is empty") { try await keys.waiters("tokens") == [] }
      }
    }

    @Test func aProcessThatDiesHoldsUpNobody() async throws {
      try await withLimiters(2, [TestPolicy.slots(1)]) { limiters, keys in
        let blocker = try await limiters[0].permit()
        let urgent = Task { try await limiters[0].permit(call(priority: 1), waitingUpTo: .seconds(600)) }
        try await eventually("the urgent call stands in the queue") { try await keys.waiters("slots").count == 1 }
        let other = Task { try await limiters[1].permit(waitingUpTo: .seconds(600)) }
        try await eventually("the other one, too") { try await keys.waiters("slots").count == 2 }
        // As if its process had been killed: nobody asks again, and the session's time is over.
        try await keys.run("ZADD", "lim:{\(keys.domain)}:sessions", "1", try #require(blocker.place).session)
        limiters[0].stop(failing: CancellationError())
        let permit = try await other.value
        #expect(try await limiters[1].settle(permit, .unknown) == .settled)
        _ = try? await urgent.value
      }
    }

    /// A release is told to one process: nobody else asks.
    @Test func oneReleaseAmongAThousandWaitersCostsAFewCalls() async throws {
      // A Redis of its own: script calls of others would be counted, too.
      try await withRedis { server in
        try await withLimiters(3, [TestPolicy.slots(1)], on: server.url, change: { $0.askAgain = .seconds(600) }) {
          limiters, keys in
          let blocker = try await limiters[0].permit()
          try await withThrowingTaskGroup(of: Void.self) { group in
            let granted = Recorder<Permit>()
            for number in 0..<1_000 {
              let limiter = limiters[1 + number % 2]
              group.addTask {
                granted.record(try await limiter.permit(waitingUpTo: .seconds(6_000)))
              }
            }
            try await Self.allWait(1_000, limiters)
            try await eventually("both processes stand in the queue") { try await keys.waiters("slots").count == 2 }
            let before = try await keys.scriptCalls()
            try await limiters[0].settle(blocker, .unknown)
            try await eventually("one has it") { granted.elements.count == 1 }
            let calls = try await keys.scriptCalls() - before
            print("a release among 1,000 waiters of 2 processes: \(calls) script calls")
            #expect(calls <= 5)
            group.cancelAll()
            for _ in 0..<1_000 { _ = try? await group.next() }
          }
        }
      }
    }

    private static func allWait(_ count: Int, _ limiters: [Limiter]) async throws {
      try await eventually("\(count) calls wait") {
        var waiting = 0
        for limiter in limiters { waiting += await limiter.waiting }
        return waiting == count
      }
    }

    private func withLimiters(
      _ count: Int, _ limits: [LimitRule], on url: String? = nil,
      change: @escaping @Sendable (inout LimiterSettings) -> Void = { _ in },
      _ body: @escaping @Sendable ([Limiter], DomainKeys) async throws -> Void
    ) async throws {
      let shared = try await SharedRedis.url
      let domain = Domain(limits, on: url ?? shared)
      try await domain.withKeys { keys in
        try await Self.nested(count, domain, change, []) { try await body($0, keys) }
      }
    }

    private static func nested(
      _ count: Int, _ domain: Domain, _ change: @Sendable (inout LimiterSettings) -> Void, _ limiters: [Limiter],
      _ body: @Sendable ([Limiter]) async throws -> Void
    ) async throws {
      if limiters.count == count { return try await body(limiters) }
      try await domain.withLimiter(change) { try await nested(count, domain, change, limiters + [$0], body) }
    }
  }
}
