import Hiredis
import PrivateRedis
import RedisClient
@testable import LimiterClient
import LimiterCore
import TestSupport
import Testing

extension ClientTests {
  /// Admissions and denials, on a real Redis.
  @Suite struct AcquireTests {
    @Test(arguments: Kind.allCases) func aPermitReservesOfEveryLimitAndSettlesToWhatWasUsed(_ kind: Kind) async throws {
      try await withDomain(kind, TestPolicy.roomy) { limiter, keys, _ in
        let permit = try await limiter.permit(call(tokens: 10))
        #expect(permit.reservations.map(\.limit.rawValue) == ["tokens", "requests", "slots", "run:r"])
        #expect(permit.reservations.map(\.amount) == [10, 1, 1, 14])
        #expect(
          permit.reserved(.tokens) == 10 && permit.reserved(.nanodollars) == 14 && permit.reserved(.inputTokens) == nil)
        #expect(await limiter.isHeld(permit))
        #expect(try await keys.window("tokens") == 10)
        #expect(try await keys.slots("slots") == 1)
        #expect(try await keys.counter("budget:run:r:all:held") == 14)
        #expect(try await keys.counter("budget:run:r:all") == 0)

        #expect(try await limiter.settle(permit, Usage(inputTokens: 3, outputTokens: 1)) == .settled)
        #expect(await !limiter.isHeld(permit))
        #expect(try await keys.window("tokens") == 4)
        #expect(try await keys.window("requests") == 1, "a request that was made stays counted")
        #expect(try await keys.counter("budget:run:r:all") == 5)
        #expect(try await keys.leftovers() == [])
      }
    }

    @Test(arguments: Kind.allCases) func aCancelledPermitWasNever(_ kind: Kind) async throws {
      try await withDomain(kind, TestPolicy.roomy) { limiter, keys, _ in
        let permit = try await limiter.permit()
        #expect(try await limiter.cancel(permit) == .settled)
        #expect(try await keys.window("tokens") == 0)
        #expect(try await keys.window("requests") == 0, "a request that was never made is not counted")
        #expect(try await keys.counter("budget:run:r:all") == 0)
        #expect(try await keys.leftovers() == [])
        #expect(try await keys.unsettled() == [])
      }
    }

    @Test(arguments: Kind.allCases) func anAbandonedPermitStaysChargedAndIsListed(_ kind: Kind) async throws {
      try await withDomain(kind, TestPolicy.roomy) { limiter, keys, _ in
        let permit = try await limiter.permit()
        #expect(try await limiter.abandon(permit) == .settled)
        #expect(try await keys.window("tokens") == 10)
        #expect(try await keys.counter("budget:run:r:all") == 14)
        #expect(try await keys.leftovers() == [], "its slot is free")
        #expect(try await keys.unsettled().count == 1)
        // Somebody finds out later what it had used.
        #expect(try await limiter.settle(permit, Usage(inputTokens: 1, outputTokens: 1)) == .settledLate)
        #expect(try await keys.counter("budget:run:r:all") == 3)
        #expect(try await keys.unsettled() == [])
        #expect(try await limiter.settle(permit, Usage(inputTokens: 9, outputTokens: 9)) == .gone)
        #expect(try await keys.counter("budget:run:r:all") == 3)
      }
    }

    @Test(arguments: Kind.allCases) func withPermitSettlesWhatTheBodySays(_ kind: Kind) async throws {
      try await withDomain(kind, TestPolicy.roomy) { limiter, keys, _ in
        let outcome = try await limiter.withPermit(call()) { permit in
          #expect(permit.reserved(.tokens) == 10)
          return ("text", Usage(inputTokens: 2, outputTokens: 2))
        }
        guard case .completed("text") = outcome else { throw Unexpected(description: "\(outcome)") }
        #expect(try await keys.window("tokens") == 4)
        #expect(try await keys.counter("budget:run:r:all") == 6)
        #expect(try await keys.leftovers() == [])

        struct Broken: Error {}
        await #expect(throws: Broken.self) {
          _ = try await limiter.withPermit(call(run: "broken")) { _ -> (Int, Usage) in throw Broken() }
        }
        #expect(try await keys.counter("budget:run:broken:all") == 14, "nobody knows what the provider did")
        #expect(try await keys.unsettled().count == 1)
        await #expect(throws: CallNotSent.self) {
          _ = try await limiter.withPermit(call(run: "unsent")) { _ -> (Int, Usage) in throw CallNotSent(Broken()) }
        }
        #expect(try await keys.counter("budget:run:unsent:all") == 0)
        _ = try await limiter.withPermit(call(run: "unknown")) { _ in (1, .unknown) }
        #expect(try await keys.counter("budget:run:unknown:all") == 14)
        _ = try await limiter.withPermit(call(run: "absurd")) { _ in (1, Usage(tokens: -5)) }
        #expect(try await keys.counter("budget:run:absurd:all") == 14, "what cannot be stays charged as reserved")
        #expect(try await keys.leftovers() == [])
      }
    }

    @Test(arguments: Kind.allCases) func withPermitSettlesWhatWasRefusedWhenTheRightIsBack(_ kind: Kind) async throws {
      try await withRedis { server in
        let domain = Domain(TestPolicy.roomy, on: server.url)
        try await domain.withClient(kind) { limiter in
          try await domain.withKeys { keys in
            func mayRunScripts(_ may: Bool) async throws {
              _ = try await keys.client.send(["ACL", "SETUSER", "default", may ? "+evalsha" : "-evalsha"])
            }
            _ = try await limiter.withPermit(call()) { _ in
              try await mayRunScripts(false)
              return ((), Usage(inputTokens: 2, outputTokens: 2))
            }
            #expect(try await keys.slots("slots") == 1)
            try await mayRunScripts(true)
            try await eventually("it is settled") { try await keys.slots("slots") == 0 }
            #expect(try await keys.counter("budget:run:r:all") == 6)
          }
        }
      }
    }

    @Test func whoMayNotHearOfRoomListensWhenTheRightIsBack() async throws {
      try await withRedis { server in
        var domain = Domain([TestPolicy.slots(1)], on: server.url)
        domain.timeToLive = .milliseconds(900)
        let log = Recorder<String>()
        try await domain.withKeys { [domain] keys in
          @Sendable func mayListen(_ may: Bool) async throws {
            _ = try await keys.client.send(["ACL", "SETUSER", "default", may ? "allchannels" : "resetchannels"])
          }
          try await mayListen(false)
          try await domain.withLimiter(logger: .recording(into: log)) { limiter in
            let permit = try await limiter.permit()
            async let waiting = limiter.permit(waitingUpTo: .seconds(30))
            _ = try await log.wait(for: "it is told", within: .seconds(30)) { lines in
              lines.contains { $0.contains("noPermission") }
            }
            try await mayListen(true)
            try await eventually("it listens") {
              try await keys.client.send(["PUBSUB", "CHANNELS"]).array?.isEmpty == false
            }
            try await limiter.cancel(permit)
            try await limiter.cancel(try await waiting)
          }
        }
      }
    }

    @Test(arguments: Kind.allCases) func aDenialTellsWhatIsUsedAndWhenToAskAgain(_ kind: Kind) async throws {
      try await withDomain(kind, [TestPolicy.tokens(100)]) { limiter, keys, _ in
        let permit = try await limiter.permit(call(tokens: 60))
        let denial = try await limiter.denial(call(tokens: 50))
        #expect(denial.reason == .window)
        #expect(denial.limit == LimitID(rule: "tokens"))
        #expect((denial.used, denial.allowed, denial.remaining) == (60, 100, 40))
        let leaves = permit.grantedAt.microseconds + 60_000_000
        #expect(denial.retry == .at(ServerTime(microseconds: leaves)))
        #expect(denial.retryAfter == .microseconds(leaves - denial.decidedAt.microseconds))
        #expect(denial.description.contains("60 of 100 used"))
        #expect(try await keys.window("tokens") == 60, "denied changes nothing")
        _ = try await limiter.permit(call(tokens: 40))
      }
    }

    @Test(arguments: Kind.allCases) func aFullSlotIsDeniedUntilItIsFree(_ kind: Kind) async throws {
      try await withDomain(kind, [TestPolicy.slots(1)]) { limiter, _, _ in
        let permit = try await limiter.permit()
        let denial = try await limiter.denial(call())
        #expect(denial.reason == .concurrency)
        #expect((denial.used, denial.allowed) == (1, 1))
        #expect(denial.retryAfter != nil)
        async let waited = limiter.permit(call(), waitingUpTo: .seconds(30))
        try await limiter.settle(permit, .unknown)
        try await limiter.settle(try await waited, .unknown)
      }
    }

    @Test(arguments: Kind.allCases) func aBudgetDeniesAtOnceHoweverLongACallerWouldWait(_ kind: Kind) async throws {
      try await withDomain(kind, [TestPolicy.runBudget(20), TestPolicy.dayBudget(1_000)]) { limiter, keys, _ in
        _ = try await limiter.permit(call(tokens: 10))
        let start = ContinuousClock.now
        let denial = try await limiter.denial(call(tokens: 10), waitingUpTo: .seconds(600))
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect(denial.reason == .budget && denial.limit.rawValue == "run:r")
        #expect((denial.used, denial.allowed) == (14, 20))
        #expect(denial.retry == .never && denial.retryAfter == nil)
        _ = try await limiter.permit(call(tokens: 10, run: "other"))
        #expect(try await keys.counter("budget:run:r:all:held") == 14)
      }
    }

    @Test(arguments: Kind.allCases) func aDaysBudgetTellsWhenTheNextDayBegins(_ kind: Kind) async throws {
      try await withDomain(kind, [TestPolicy.dayBudget(20)]) { limiter, _, _ in
        _ = try await limiter.permit(call(tokens: 10))
        let denial = try await limiter.denial(call(tokens: 10), waitingUpTo: .seconds(600))
        guard case .at(let time) = denial.retry else { throw Unexpected(description: "\(denial)") }
        #expect(time.microseconds % 86_400_000_000 == 0)
        #expect(try #require(denial.retryAfter) <= .seconds(86_400))
      }
    }

    @Test(arguments: [Duration.zero, .seconds(600)], Kind.allCases)
    func aCostAboveALimitIsRefusedAtOnceWithItsOwnReason(_ wait: Duration, _ kind: Kind) async throws {
      try await withDomain(kind, [TestPolicy.tokens(100), TestPolicy.runBudget(90)]) { limiter, keys, _ in
        let tokens = try await limiter.denial(call(tokens: 101), waitingUpTo: wait)
        #expect(tokens.reason == .tooLarge && tokens.limit.rawValue == "tokens")
        #expect(tokens.retryAfter == nil && tokens.retry == .tooLarge)
        #expect(tokens.description.contains("never"))
        let money = try await limiter.denial(call(tokens: 95), waitingUpTo: wait)
        #expect(money.reason == .tooLarge && money.limit.rawValue == "run:r")
        #expect(try await keys.names("window*") == [])
      }
    }

    @Test(arguments: Kind.allCases) func aWaiterIsGrantedWhenTheWindowHasRoomAndNotBefore(_ kind: Kind) async throws {
      try await withDomain(kind, [TestPolicy.tokens(100, per: .milliseconds(600))]) { limiter, _, _ in
        let first = try await limiter.permit(call(tokens: 80))
        let denial = try await limiter.denial(call(tokens: 50))
        let second = try await limiter.permit(call(tokens: 50), waitingUpTo: .seconds(60))
        guard case .at(let time) = denial.retry else { throw Unexpected(description: "\(denial)") }
        #expect(second.grantedAt >= time)
        #expect(second.grantedAt.microseconds - first.grantedAt.microseconds >= 600_000)
      }
    }

    @Test(arguments: Kind.allCases) func aWaitThatCannotSucceedInTimeIsDeniedNow(_ kind: Kind) async throws {
      try await withDomain(kind, [TestPolicy.tokens(100)]) { limiter, _, _ in
        _ = try await limiter.permit(call(tokens: 80))
        let start = ContinuousClock.now
        let denial = try await limiter.denial(call(tokens: 50), waitingUpTo: .seconds(30))
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect(try #require(denial.retryAfter) > .seconds(30))
      }
    }

    @Test(arguments: Kind.allCases) func urgentCallsOfAProcessComeFirst(_ kind: Kind) async throws {
      try await withDomain(kind, [TestPolicy.slots(1)]) { limiter, _, _ in
        let blocker = try await limiter.permit()
        let order = Recorder<Int>()
        try await withThrowingTaskGroup(of: Void.self) { group in
          for priority in [9, 5, 1, 7, 3] {
            group.addTask {
              let permit = try await limiter.permit(call(priority: priority), waitingUpTo: .seconds(60))
              order.record(priority)
              try await limiter.settle(permit, .unknown)
            }
          }
          // All are asked for, and parked, before the slot is free.
          try await eventually("five calls wait") { await limiter.waiting == 5 }
          try await limiter.settle(blocker, .unknown)
          try await group.waitForAll()
        }
        #expect(order.elements == [1, 3, 5, 7, 9])
      }
    }

    @Test(arguments: Kind.allCases) func usageIsWhatStandsInRedisAndChangesNothing(_ kind: Kind) async throws {
      try await withDomain(kind, TestPolicy.roomy) { limiter, keys, _ in
        let permit = try await limiter.permit()
        let before = try await keys.names()
        let usage = try await limiter.usage(of: call())
        #expect(usage.map(\.limit.rawValue) == ["tokens", "requests", "slots", "run:r"])
        #expect(usage.map(\.used) == [10, 1, 1, 14])
        #expect(usage.map(\.held) == [0, 0, 0, 14])
        #expect(usage.map(\.remaining) == [999_990, 9_999, 999, 999_999_986])
        #expect(usage.map { $0.period?.name } == [nil, nil, nil, "all"])
        #expect(try await keys.names() == before)
        try await limiter.settle(permit, Usage(inputTokens: 1, outputTokens: 0))
        #expect(try await limiter.usage(of: call()).map(\.used) == [1, 1, 0, 1])
        #expect(try await limiter.usage(of: call()).map(\.held) == [0, 0, 0, 0])
      }
    }

    @Test func usageIsOfTheRightPeriodAlsoBeforeTheFirstDecision() async throws {
      let domain = Domain([TestPolicy.dayBudget(1_000)], on: try await SharedRedis.url)
      try await domain.withLimiter { try await $0.settle(try await $0.permit(), Usage(nanodollars: 7)) }
      for _ in 0..<5 {
        let used = try await domain.withLimiter { try await $0.usage(of: call()).map(\.used) }
        #expect(used == [7])
      }
    }

    @Test func anOperatorsCorrectionCountsOnceAndIsNeverNegative() async throws {
      try await withDomain(TestPolicy.roomy) { limiter, keys, _ in
        try await limiter.settle(try await limiter.permit(), Usage(inputTokens: 10, outputTokens: 0))
        func adjust(_ limit: String, _ amount: Int64, _ operation: String) async throws -> [Int64] {
          let result = try await limiter.adjust(
            LimitID(rawValue: limit), of: call(), by: amount, operation: operation, who: "op", why: "test")
          return [result.applied, result.used]
        }
        #expect(try await adjust("run:r", 5, "one") == [5, 15])
        #expect(try await adjust("run:r", 5, "one") == [5, 15])
        // The name of an operation stands for one amount and one limit.
        #expect(try await limiterError { _ = try await adjust("run:r", 6, "one") }.code == .invalidRequest)
        #expect(try await limiterError { _ = try await adjust("tokens", 5, "one") }.code == .invalidRequest)
        #expect(try await adjust("run:r", -100, "two") == [-15, 0])
        #expect(try await adjust("run:r", -100, "two") == [-15, 0])
        #expect(try await adjust("tokens", 90, "three") == [90, 100])
        #expect(try await adjust("tokens", -1_000, "four") == [-100, 0])
        #expect(try await limiterError { _ = try await adjust("slots", 1, "five") }.code == .notAdjustable)
        #expect(try await limiterError { _ = try await adjust("none", 1, "six") }.code == .limitUnknown)
        #expect(try await limiterError { _ = try await adjust("tokens", .max, "seven") }.code == .invalidRequest)
        #expect(try await limiterError { _ = try await adjust("tokens", .min, "eight") }.code == .invalidRequest)
        #expect(try await limiterError { _ = try await adjust("tokens", 1, "") }.code == .invalidRequest)
        #expect(try await keys.leftovers() == [])
      }
    }

    @Test(arguments: Kind.allCases) func manyCallsAtOnceShareALimitExactly(_ kind: Kind) async throws {
      try await withDomain(kind, [TestPolicy.tokens(1_000), TestPolicy.runBudget(1_000_000)]) { limiter, keys, _ in
        let granted = try await withThrowingTaskGroup(of: Bool.self) { group in
          for _ in 0..<500 {
            group.addTask { try await limiter.acquire(call(tokens: 10), waitingUpTo: .zero).permit != nil }
          }
          return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(granted == 100)
        #expect(try await keys.window("tokens") == 1_000)
      }
    }
  }
}
