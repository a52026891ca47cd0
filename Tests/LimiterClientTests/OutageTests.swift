@testable import LimiterClient
import LimiterCore
@testable import LimiterRedis
import Logging
import NIOCore
import PrivateRedis
import RedisClient
import TestSupport
import Testing

extension ClientTests {
  /// Redis is away, comes back, has forgotten, or wants a password.
  @Suite struct OutageTests {
    /// Callers that take and settle permits for as long as `body` runs; returns how many were settled.
    private func traffic(
      _ limiter: Limiter, callers: Int = 8, _ body: @Sendable () async throws -> Void
    ) async throws -> Int64 {
      let isOver = Recorder<Bool>()
      return try await withThrowingTaskGroup(of: Int64.self) { group in
        for _ in 0..<callers {
          group.addTask {
            var settled: Int64 = 0
            while isOver.elements.isEmpty {
              do {
                guard let permit = try await limiter.acquire(call(), waitingUpTo: .seconds(60)).permit else { continue }
                while true {
                  do {
                    let outcome = try await limiter.settle(permit, Usage(inputTokens: 1, outputTokens: 0))
                    if outcome == .settled || outcome == .settledLate || outcome == .gone { settled += 1 }
                    break
                  } catch let error as LimiterError where error.code == .settlementPending {}
                }
              } catch let error as LimiterError where error.code == .redisUnavailable {}
            }
            return settled
          }
        }
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        isOver.record(true)
        let total = try await group.reduce(0, +)
        try result.get()
        return total
      }
    }

    /// With `everysec`, a Redis that waits for a slow disk answers before it has written: killed then, it has forgotten settlements
    /// that were confirmed. Here is asked what the limiter loses, so Redis must lose nothing.
    @Test func restartedInTheMiddleOfTrafficNothingIsLostAndTotalsAreExact() async throws {
      try await withRedis(.init(extraLines: ["appendfsync no"])) { server in
        let domain = Domain(TestPolicy.roomy, on: server.url)
        try await domain.withLimiter { limiter in
          let settled = try await traffic(limiter) {
            for _ in 0..<3 {
              for _ in 0..<50 { try await limiter.cancel(try await limiter.permit(waitingUpTo: .seconds(30))) }
              await server.kill()
              try await server.restart()
            }
            for _ in 0..<20 { try await limiter.cancel(try await limiter.permit(waitingUpTo: .seconds(30))) }
          }
          #expect(settled > 0)
          try await domain.withKeys { keys in
            try await keys.waitUntilNothingIsHeld()
            #expect(try await keys.counter("budget:run:r:all") == settled)
            #expect(try await keys.unsettled() == [])
          }
        }
      }
    }

    /// What a process knows of the lost state it tells the new one: a window stays full, a permit stays held.
    @Test func startedEmptyTheLossIsToldAndWhatWasAdmittedStaysSo() async throws {
      try await withRedis(.init(appendOnly: false)) { server in
        let log = Recorder<String>()
        let domain = Domain(
          TestPolicy.roomy
            + [TestPolicy.tokens(100)].map { rule in
              var rule = rule
              rule.name = "small"
              return rule
            }, on: server.url)
        try await domain.withLimiter(logger: .recording(into: log)) { limiter in
          let permit = try await limiter.permit(call(tokens: 90))
          // Waits for a window that Redis will forget.
          async let waiter = within(.seconds(20), "the waiter is granted when the permit is given back") {
            try await limiter.permit(call(tokens: 50), waitingUpTo: .seconds(120))
          }
          try await eventually("it waits") { await limiter.waiting == 1 }
          await server.kill()
          try await server.restart()
          _ = try await log.wait(for: "the loss is told", within: .seconds(20)) {
            $0.contains { $0.contains("warning") && $0.contains("lost the limits' state") }
          }
          try await eventually("the permit is held again") { await limiter.isHeld(permit) }
          #expect(try await limiter.denial(call(tokens: 20), waitingUpTo: .zero).reason != .budget)
          #expect(try await limiter.settle(permit, Usage(inputTokens: 3, outputTokens: 0)) == .settled)
          #expect(try await limiter.settle(permit, .unknown) == .gone)
          try await limiter.cancel(try await waiter)
          try await limiter.settle(try await limiter.permit(call(run: "new"), waitingUpTo: .seconds(20)), .unknown)
          try await domain.withKeys { keys async throws in
            #expect(try await keys.counter("budget:run:r:all") == 3)
            #expect(try await keys.counter("budget:run:new:all") == 14)
            #expect(try await keys.leftovers() == [])
          }
        }
      }
    }

    /// `on_failure` may admit the call all the same.
    @Test func whatOnlyLooksDoesNotSayThatTheCallMustNotBeMade() async throws {
      try await withRedis { server in
        let domain = Domain(TestPolicy.roomy, on: server.url)
        try await domain.withLimiter({ $0.patience = .seconds(1) }) { limiter in
          try await limiter.cancel(try await limiter.permit())
          await server.kill()
          let error = try await limiterError { _ = try await limiter.explain(call()) }
          #expect(error.message == "Redis gave no answer, so nothing is known of it")
        }
      }
    }

    /// The first copy runs when Redis goes on, and nobody hears its answer.
    @Test func aSettlementWhoseAnswerWasLostIsToldAsSettled() async throws {
      try await withRedis { server in
        let domain = Domain(TestPolicy.roomy, on: server.url)
        try await domain.withLimiter {
          $0.answerTime = .milliseconds(200)
          $0.patience = .seconds(60)
        } _: { limiter in
          let permit = try await limiter.permit()
          try server.pause()
          async let outcome = limiter.settle(permit, Usage(nanodollars: 7))
          try await eventually("its first copy is given up") {
            try await limiter.eventLoop.submit { limiter.engine.value.settlements.mayHaveRun }.get()
          }
          try server.resume()
          #expect(try await outcome == .settled)
          #expect(try await limiter.settle(permit, .unknown) == .gone)
          try await domain.withKeys { keys async throws in
            #expect(try await keys.counter("budget:run:r:all") == 7)
            #expect(try await keys.leftovers() == [])
          }
        }
      }
    }

    @Test func pausedCallsFailInBoundedTimeAndNothingStaysCharged() async throws {
      try await withRedis { server in
        let domain = Domain(TestPolicy.roomy, on: server.url)
        try await domain.withLimiter {
          $0.answerTime = .milliseconds(300)
          $0.patience = .seconds(1)
        } _: { limiter in
          let held = try await limiter.permit(call(run: "held"))
          try server.pause()
          let start = ContinuousClock.now
          await withTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
              group.addTask {
                do {
                  let error = try await limiterError {
                    _ = try await limiter.acquire(call(), waitingUpTo: number % 2 == 0 ? .zero : .milliseconds(1_500))
                  }
                  #expect(error.code == .redisUnavailable)
                  #expect(error.cause != nil, "\(error)")
                } catch { Issue.record(error) }
              }
            }
            group.addTask {
              do {
                let error = try await limiterError { try await limiter.settle(held, Usage(nanodollars: 3)) }
                #expect(error.code == .settlementPending)
              } catch { Issue.record(error) }
            }
          }
          #expect(ContinuousClock.now - start < .seconds(10))
          try server.resume()
          try await limiter.cancel(try await limiter.permit(waitingUpTo: .seconds(20)))
          try await domain.withKeys { keys in
            try await keys.waitUntilNothingIsHeld()
            #expect(try await keys.counter("budget:run:r:all") == 0)
            #expect(
              try await keys.window("tokens") == 10 - 0, "the held call's usage of tokens is not known: as reserved")
            #expect(try await keys.counter("budget:run:held:all") == 3, "the settlement was sent again")
            #expect(try await keys.unsettled() == [])
          }
        }
      }
    }

    @Test func withoutARedisTheErrorSaysHowToGetOne() async throws {
      let domain = Domain(TestPolicy.roomy, on: "unix:///tmp/no-such-redis-\(uniqueDomain()).sock")
      try await domain.withLimiter {
        $0.patience = .milliseconds(500)
        $0.answerTime = .milliseconds(200)
      } _: { limiter in
        let error = try await limiterError { _ = try await limiter.acquire(call(), waitingUpTo: .zero) }
        #expect(error.code == .redisUnavailable)
        #expect("\(error)".contains("apt-get install redis-server"), "\(error)")
        let usage = try await limiterError { _ = try await limiter.usage(of: call()) }
        #expect(usage.code == .redisUnavailable && "\(usage)".contains("apt-get install redis-server"), "\(usage)")
        #expect(await limiter.waiting == 0)
      }
    }

    @Test(arguments: ["", ":wrong@"])
    func aMissingOrWrongPasswordEndsTheLimiterAndSaysSo(_ credentials: String) async throws {
      try await withRedis(.init(tcp: .free, password: "right")) { server in
        let domain = Domain(TestPolicy.roomy, on: "redis://\(credentials)127.0.0.1:\(try #require(server.port))")
        let says = credentials.isEmpty ? "wants a password" : "does not accept this user and password"
        let seen = Recorder<String>()
        do {
          try await domain.withLimiter { limiter in
            do { _ = try await limiter.acquire(call(), waitingUpTo: .seconds(60)) } catch {
              seen.record("\((error as? LimiterError)?.code as Any) \(error)")
              throw error
            }
          }
          Issue.record("withLimiter did not throw")
        } catch { #expect("\(error)".contains(says), "\(error)") }
        #expect(seen.elements.first?.contains("redisRefused") == true, "\(seen.elements)")
        #expect(seen.elements.first?.contains(says) == true, "\(seen.elements)")
        #expect(!seen.elements.joined().contains("wrong@"))
        // A service that runs it ends, too.
        let limiter = try Limiter(domain.settings(), logger: .quiet)
        await #expect(throws: RedisError.self) { try await limiter.run() }
        let later = try await limiterError { _ = try await limiter.acquire(call()) }
        #expect("\(later)".contains(says), "\(later)")
      }
    }

    @Test func aRedisThatMayForgetIsALoudWarning() async throws {
      let isLoud: @Sendable (String) -> Bool = { $0.hasPrefix("warning") && $0.contains("noeviction") }
      try await withRedis(.init(extraLines: ["maxmemory-policy allkeys-lru"])) { server in
        let log = Recorder<String>()
        let domain = Domain(TestPolicy.roomy, on: server.url)
        try await domain.withLimiter(logger: .recording(into: log)) { try await $0.cancel(try await $0.permit()) }
        #expect(log.elements.contains(where: isLoud), "\(log.elements)")
        #expect(log.elements.contains { $0.contains("allkeys-lru") })
      }
      let log = Recorder<String>()
      let domain = Domain(TestPolicy.roomy, on: try await SharedRedis.url)
      try await domain.withLimiter(logger: .recording(into: log)) { try await $0.cancel(try await $0.permit()) }
      #expect(log.elements == [])
    }

    @Test func flushedScriptsInTheMiddleOfTrafficChangeNothing() async throws {
      try await withRedis { server in
        let domain = Domain(TestPolicy.roomy, on: server.url)
        try await domain.withLimiter { limiter in
          try await domain.withKeys { keys in
            let settled = try await traffic(limiter) {
              for _ in 0..<30 {
                try await keys.run("SCRIPT", "FLUSH")
                try await limiter.cancel(try await limiter.permit())
              }
            }
            try await keys.waitUntilNothingIsHeld()
            #expect(try await keys.counter("budget:run:r:all") == settled)
            #expect(try await keys.unsettled() == [])
          }
        }
      }
    }

    @Test func runAgainIsRefusedAndTheFirstRunGoesOn() async throws {
      try await withDomain(TestPolicy.roomy) { limiter, keys, _ in
        let permit = try await limiter.permit()
        let error = try await limiterError { try await limiter.run() }
        #expect(error.code == .stopped && error.message.contains("once"), "\(error)")
        try await limiter.cancel(try await limiter.permit())
        #expect(await limiter.isHeld(permit))
        try await limiter.cancel(permit)
        #expect(try await keys.leftovers() == [])
      }
    }

    @Test func aLimiterThatDoesNotRunSaysSo() async throws {
      let domain = Domain(TestPolicy.roomy, on: try await SharedRedis.url)
      let ended = try await domain.withLimiter { limiter in
        try await limiter.cancel(try await limiter.permit())
        return limiter
      }
      #expect(try await limiterError { _ = try await ended.acquire(call()) }.code == .stopped)
      // One that is made and never run leaves nothing, either.
      let idle = try Limiter(domain.settings { $0.patience = .milliseconds(100) }, logger: .quiet)
      #expect(
        try await limiterError { _ = try await idle.acquire(call(), waitingUpTo: .zero) }.code == .redisUnavailable)
    }
  }
}
