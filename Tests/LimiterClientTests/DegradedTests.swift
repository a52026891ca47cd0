import Hiredis
@testable import LimiterClient
import LimiterCore
@testable import LimiterRedis
import LimiterConfiguration
import LimiterDaemon
import NIOCore
import PrivateRedis
import RedisClient
import TestSupport
import Testing

extension ClientTests {
  /// Redis is away or slow: limits are decided as their `on_failure` says, and Redis is told when it is back.
  @Suite struct DegradedTests {
    private static let rates = [TestPolicy.requests(100), TestPolicy.slots(1_000)]

    /// The other tests leave Redis more time, because the machine may be busy.
    private static func quick(_ settings: inout LimiterSettings) { settings.slowAfter = .milliseconds(250) }

    private func untilDegraded(_ limiter: Limiter) async throws {
      try await eventually("Redis decides no longer") {
        try await limiter.eventLoop.submit { limiter.engine.value.degradation != nil }.get()
      }
    }

    private func untilRecovered(_ limiter: Limiter) async throws {
      try await eventually("Redis decides again") {
        try await limiter.eventLoop.submit { limiter.engine.value.degradation == nil }.get()
      }
    }

    /// As many as are granted, up to a bound.
    private func take(_ most: Int, _ limiter: Limiter) async throws -> [Permit] {
      var permits: [Permit] = []
      while permits.count < most, let permit = try await limiter.acquire(call(run: nil), waitingUpTo: .zero).permit {
        permits.append(permit)
      }
      return permits
    }

    @Test(arguments: [true, false]) func whyIsWhatTheConnectionSaysWhereThereIsNone(_ beginsSilent: Bool) async throws {
      try await withRedis { server in
        let domain = Domain(Self.rates, on: server.url)
        try await domain.withLimiter(Self.quick) { limiter in
          func cause() async throws -> String {
            try await limiter.eventLoop.submit { limiter.engine.value.degradation.map { "\($0.cause)" } ?? "" }.get()
          }
          _ = try await take(1, limiter)
          if beginsSilent {
            try server.pause()
            _ = try await take(1, limiter)
            try await untilDegraded(limiter)
            #expect(try await cause().contains("without an answer"))
          }
          await server.kill()
          _ = try await take(1, limiter)
          try await untilDegraded(limiter)
          try await eventually("it says that the connection is refused") {
            try await cause().contains("Connection refused")
          }
          try await server.restart()
          try await untilRecovered(limiter)
        }
      }
    }

    /// Sessions are renewed meanwhile, whatever they cost: what asks whether Redis decides again is refused as decisions are.
    @Test func aRedisWithoutMemoryDecidesNothingUntilItHasSomeAgain() async throws {
      try await withRedis { server in
        let domain = Domain(Self.rates, on: server.url)
        try await domain.withLimiter(Self.quick) { limiter in
          let first = try await take(1, limiter)
          try await domain.withKeys { keys in
            _ = try await keys.client.send(["CONFIG", "SET", "maxmemory", "1"])
            #expect(try await take(1, limiter).allSatisfy(\.isDegraded))
            let cause = try await limiter.eventLoop.submit {
              limiter.engine.value.degradation.map { "\($0.cause)" } ?? "none"
            }.get()
            #expect(cause.contains("maxmemory"), "\(cause)")
            try await eventually("a probe is refused") {
              try await limiter.eventLoop.submit {
                (limiter.engine.value.session.lastError as? RedisError)?.code == .outOfMemory
              }.get()
            }
            #expect(try await take(1, limiter).allSatisfy(\.isDegraded))
            _ = try await keys.client.send(["CONFIG", "SET", "maxmemory", "0"])
            try await untilRecovered(limiter)
            #expect(try await take(1, limiter).map(\.isDegraded) == [false])
            #expect(try await limiter.settle(first[0], .unknown) == .settled)
          }
        }
      }
    }

    @Test func twoProcessesGoOnWithinWhatWasLeftAndRedisIsToldAfterwards() async throws {
      try await withRedis { server in
        let domain = Domain(Self.rates, on: server.url)
        try await domain.withLimiter(Self.quick) { one in
          let first = try await take(20, one)
          try await domain.withLimiter(Self.quick) { other in
            // Both have seen what both have used, and one knows of the other by its heartbeat.
            let second = try await take(10, other)
            let third = try await take(1, one)
            try await eventually("it knows of the other") {
              try await one.eventLoop.submit { one.engine.value.hosts == 2 }.get()
            }
            try server.pause()
            let begin = ContinuousClock.now
            async let mine = take(1_000, one)
            async let theirs = take(1_000, other)
            let (alone, aloneToo) = try await (mine, theirs)
            print("degraded: \(alone.count) and \(aloneToo.count) of 69 left, within \(ContinuousClock.now - begin)")
            #expect((alone + aloneToo).count { !$0.isDegraded } == 0)
            #expect(alone.count <= 35 && aloneToo.count <= 35)
            #expect(alone.count + aloneToo.count <= 69)
            #expect(alone.count + aloneToo.count >= 68)
            let denial = try #require(try await one.acquire(call(run: nil), waitingUpTo: .zero).denial)
            #expect(denial.isDegraded && "\(denial)".contains("own share"), "\(denial)")
            #expect(await one.isHeld(alone[0]))
            #expect(try await one.settle(alone[0], .unknown) == .settled)
            #expect(try await other.settle(aloneToo[0], .unknown) == .settled)
            try server.resume()
            try await untilRecovered(one)
            try await untilRecovered(other)
            let all = first.count + second.count + third.count + alone.count + aloneToo.count
            try await domain.withKeys { keys async throws in
              #expect(try await keys.window("requests") == Int64(all))
              #expect(try await keys.slots("slots") == Int64(all - 2))
              // Redis knows it all: nothing is left, and it is Redis that says so.
              let last = try await one.denial(call(run: nil))
              #expect(!last.isDegraded && last.used == 100)
              for permit in first + third + alone.dropFirst() {
                #expect(try await one.settle(permit, .unknown) == .settled)
              }
              for permit in second + aloneToo.dropFirst() {
                #expect(try await other.settle(permit, .unknown) == .settled)
              }
              #expect(try await keys.slots("slots") == 0)
            }
          }
        }
      }
    }

    @Test func callsThatAreOnlyCountedSaySoAndAreToldToo() async throws {
      try await withRedis { server in
        let domain = Domain([TestPolicy.requests(100)], on: server.url)
        try await domain.withLimiter(Self.quick) { limiter in
          #expect(try await limiter.admit(call(run: nil), waitingUpTo: .zero).denial == nil)
          try server.pause()
          for _ in 0..<10 {
            guard case .admitted(_, true) = try await limiter.admit(call(run: nil), waitingUpTo: .zero) else {
              Issue.record("not admitted by its own share")
              break
            }
          }
          try server.resume()
          try await untilRecovered(limiter)
          // The one that was on its way when Redis stood still may count twice: without a permit nobody can give it back.
          try await domain.withKeys { keys async throws in
            let used = try await keys.window("requests")
            #expect(used == 11 || used == 12, "\(used)")
          }
        }
      }
    }

    @Test func moneyIsClosedAtOnceAndWhoWaitsWaitsForRedis() async throws {
      try await withRedis { server in
        let domain = Domain(TestPolicy.roomy, on: server.url)
        try await domain.withLimiter(Self.quick) { limiter in
          // Three times, because the machine may be busy.
          var firsts: [Duration] = []
          for time in 1...3 {
            if time > 1 {
              try server.resume()
              try await untilRecovered(limiter)
            }
            try await limiter.cancel(try await limiter.permit())
            try server.pause()
            let begin = ContinuousClock.now
            let error = try await limiterError { _ = try await limiter.acquire(call(), waitingUpTo: .zero) }
            firsts.append(ContinuousClock.now - begin)
            #expect(error.code == .redisUnavailable && error.cause != nil, "\(error)")
          }
          var fast: [Duration] = []
          for _ in 0..<50 {
            let begin = ContinuousClock.now
            let error = try await limiterError { _ = try await limiter.acquire(call(), waitingUpTo: .zero) }
            fast.append(ContinuousClock.now - begin)
            #expect(error.code == .redisUnavailable)
          }
          let (slow, median) = (try #require(firsts.min()), fast.sorted()[25])
          print("closed: the first after \(slow), then after \(median) (median), \(fast.max() ?? .zero) (worst)")
          // Redis is waited for 250 ms; who comes later is told at once.
          #expect(slow < .milliseconds(400))
          #expect(median < .milliseconds(5))
          async let waiter = limiter.permit(waitingUpTo: .seconds(60))
          try await eventually("it waits") { await limiter.waiting == 1 }
          try server.resume()
          let permit = try await waiter
          #expect(!permit.isDegraded)
          try await limiter.settle(permit, Usage(nanodollars: 5))
          try await domain.withKeys { keys async throws in
            #expect(try await keys.counter("budget:run:r:all") == 5)
            #expect(try await keys.leftovers() == [])
          }
        }
      }
    }

    @Test func whatIsOpenPassesAndMoneyThatIsOpenIsChargedAfterwards() async throws {
      try await withRedis { server in
        var money = TestPolicy.runBudget(100)
        money.onFailure = .open
        let domain = Domain([money, TestPolicy.slots(10)], on: server.url)
        try await domain.withLimiter(Self.quick) { limiter in
          try await limiter.cancel(try await limiter.permit())
          try server.pause()
          // More than the budget, because nobody counts.
          var permits: [Permit] = []
          for _ in 0..<9 { permits.append(try await limiter.permit()) }
          #expect(permits.count { $0.isDegraded } == 9)
          async let settled = limiter.settle(permits[0], Usage(nanodollars: 11))
          try server.resume()
          #expect(try await settled == .settled)
          for permit in permits.dropFirst() {
            #expect(try await limiter.settle(permit, Usage(nanodollars: 11)) == .settled)
          }
          try await domain.withKeys { keys async throws in
            #expect(try await keys.counter("budget:run:r:all") == 99)
            #expect(try await keys.leftovers() == [])
          }
          #expect(try await limiter.denial(call()).reason == .budget)
        }
      }
    }

    @Test func anOutageLongerThanTheSessionLeavesNothingBehindAndEndsNoPermitOfTheShare() async throws {
      try await withRedis { server in
        var domain = Domain(Self.rates, on: server.url)
        domain.timeToLive = .seconds(1)
        try await domain.withLimiter(Self.quick) { [domain] limiter in
          let before = try await limiter.permit(call(run: nil))
          try server.pause()
          let during = try await limiter.permit(call(run: nil))
          #expect(during.isDegraded)
          try await eventually("the session's lease is over") { await !limiter.isHeld(before) }
          #expect(await limiter.isHeld(during))
          try server.resume()
          try await untilRecovered(limiter)
          #expect(await limiter.isHeld(during))
          #expect(await !limiter.isHeld(before))
          try await domain.withKeys { keys async throws in
            #expect(try await keys.slots("slots") == 1)
            #expect(try await limiter.settle(during, .unknown) == .settled)
            #expect(try await limiter.settle(before, .unknown) == .settledLate)
            #expect(try await keys.slots("slots") == 0)
            #expect(try await keys.window("requests") == 2)
          }
        }
      }
    }

    @Test func flushedInTheMiddleOfTrafficEverythingThatIsHeldIsToldAgain() async throws {
      try await withRedis { server in
        let domain = Domain(TestPolicy.roomy, on: server.url)
        try await domain.withLimiter(Self.quick) { one in
          try await domain.withLimiter(Self.quick) { other in
            try await domain.withKeys { keys in
              var held: [(limiter: Limiter, permit: Permit)] = []
              for limiter in [one, other] {
                for _ in 0..<300 { held.append((limiter, try await limiter.permit())) }
                try await limiter.settle(try await limiter.permit(), Usage(nanodollars: 7))
              }
              try await keys.run("FLUSHALL")
              // The first to come makes the state anew; the other one, idle, learns of it by its heartbeat.
              try await one.cancel(try await one.permit(waitingUpTo: .seconds(30)))
              try await eventually("both have told") {
                let said = try await keys.client.send([
                  "HGET", CommandArgument("lim:{\(keys.domain)}:epoch"), "recovering",
                ])
                let slots = try await keys.slots("slots")
                return said.isNull && slots == 600
              }
              #expect(try await keys.window("requests") >= 602)
              for (limiter, permit) in held {
                #expect(await limiter.isHeld(permit))
                #expect(try await limiter.settle(permit, Usage(inputTokens: 1, outputTokens: 0)) == .settled)
              }
              #expect(try await keys.leftovers() == [])
              // What was settled before and what was settled now; what others held when this was heard of last may count twice.
              let spent = try await keys.counter("budget:run:r:all")
              #expect(spent >= 614 && spent <= 614 + 301 * 14, "\(spent)")
            }
          }
        }
      }
    }

    @Test func oneThatHasNeverReachedRedisDecidesNothingButWhatIsOpen() async throws {
      var open = TestPolicy.requests(10)
      open.onFailure = .open
      let url = "unix:///tmp/no-such-redis-\(uniqueDomain()).sock"
      try await Domain([open], on: url).withLimiter(Self.quick) { limiter in
        try await untilDegraded(limiter)
        #expect(try await limiter.permit(call(run: nil)).isDegraded)
      }
      try await Domain([TestPolicy.requests(10)], on: url).withLimiter(Self.quick) { limiter in
        let error = try await limiterError { _ = try await limiter.acquire(call(run: nil), waitingUpTo: .zero) }
        #expect(error.code == .redisUnavailable)
      }
    }

    @Test func throughLimiterdTheAnswerSaysSo() async throws {
      try await withRedis { server in
        let domain = Domain(Self.rates, on: server.url)
        try await domain.withDaemon({ $0.server.redisSlowAfter = .milliseconds(250) }) { _, socket in
          try await LimiterClient.withClient(.limiterd(.test(socket)), logger: .quiet) { client in
            try await client.cancel(try await client.permit(call(run: nil)))
            try server.pause()
            let permit = try await client.permit(call(run: nil))
            #expect(permit.isDegraded)
            #expect(try await client.settle(permit, .unknown) == .settled)
            var denial: Denial?
            for _ in 0..<200 where denial == nil {
              denial = try await client.acquire(call(run: nil), waitingUpTo: .zero).denial
            }
            #expect(denial?.isDegraded == true)
            try server.resume()
          }
        }
      }
    }
  }
}
