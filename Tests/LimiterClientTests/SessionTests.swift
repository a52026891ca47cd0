import LimiterClient
import LimiterCore
import PrivateRedis
import TestSupport
import Testing

extension ClientTests {
  /// Who holds a permit, for how long, and what happens when the holder is gone or was asleep.
  @Suite struct SessionTests {
    @Test(arguments: Kind.allCases) func aHoldThatIsOverIsAbandonedAndListed(_ kind: Kind) async throws {
      try await withDomain(kind, TestPolicy.roomy) { limiter, keys, _ in
        let permit = try await limiter.permit(call(hold: .milliseconds(300)))
        #expect(await limiter.isHeld(permit))
        try await eventually("the hold is over") { try await keys.slots("slots") == 0 }
        #expect(await !limiter.isHeld(permit))
        #expect(try await limiter.renew(permit, for: .seconds(60)) == nil)
        #expect(try await keys.unsettled().count == 1)
        #expect(try await keys.counter("budget:run:r:all") == 14)
        #expect(try await limiter.settle(permit, Usage(inputTokens: 1, outputTokens: 0)) == .settledLate)
        #expect(try await keys.counter("budget:run:r:all") == 1)
      }
    }

    @Test(arguments: Kind.allCases) func aRenewedHoldLivesOn(_ kind: Kind) async throws {
      try await withDomain(kind, TestPolicy.roomy) { limiter, keys, _ in
        let short = try await limiter.permit(call(hold: .milliseconds(500)))
        var renewed = try await limiter.permit(call(hold: .milliseconds(500)))
        let before = ContinuousClock.now
        renewed.validUntil = try #require(try await limiter.renew(renewed, for: .seconds(600)))
        #expect(renewed.validUntil >= before + .seconds(600) && renewed.validUntil <= .now + .seconds(600))
        try await eventually("the one that was not renewed is over") { try await keys.slots("slots") == 1 }
        #expect(await !limiter.isHeld(short))
        #expect(await limiter.isHeld(renewed))
        #expect(try await limiter.settle(renewed, .unknown) == .settled)
      }
    }

    @Test func aLongCallOutlivesItsSessionsTimeToLive() async throws {
      try await withDomain(TestPolicy.roomy, timeToLive: .milliseconds(600)) { limiter, keys, _ in
        let permit = try await limiter.permit()
        let first = try await keys.aliveUntil()
        try await eventually("it is renewed for more than two lives") {
          try await keys.aliveUntil() > first + 1_500_000
        }
        #expect(await limiter.isHeld(permit))
        #expect(try await limiter.settle(permit, .unknown) == .settled)
        #expect(try await keys.unsettled() == [])
      }
    }

    @Test func anEndedLimiterAbandonsWhatItHolds() async throws {
      let domain = Domain(TestPolicy.roomy, on: try await SharedRedis.url)
      try await domain.withKeys { keys in
        try await domain.withLimiter { limiter in
          for _ in 0..<300 { _ = try await limiter.permit() }
          #expect(try await keys.slots("slots") == 300)
        }
        #expect(try await keys.leftovers() == [])
        #expect(try await keys.unsettled().count == 300)
        #expect(try await keys.sessions() == [])
      }
    }

    @Test func aDeletedSessionIsLostAndFollowedByANewOne() async throws {
      let log = Recorder<String>()
      let domain = Domain(TestPolicy.roomy, on: try await SharedRedis.url)
      try await domain.withKeys { keys in
        try await domain.withLimiter(logger: .recording(into: log)) { limiter in
          let permit = try await limiter.permit()
          let session = try #require(try await keys.sessions().first)
          try await keys.delete(["sessions", "session:\(session)"])
          // Found out by the next decision, which is made all the same.
          let next = try await limiter.permit()
          #expect(!next.id.hasPrefix(session))
          #expect(await !limiter.isHeld(permit))
          #expect(await limiter.isHeld(next))
          #expect(try await limiter.settle(permit, .unknown) == .gone)
          #expect(try await limiter.settle(next, .unknown) == .settled)
          #expect(log.elements.contains { $0.contains("warning") && $0.contains("the session was over") })
        }
      }
    }

    @Test func aSessionThatOthersHaveReapedIsLostAndItsPermitsAreLate() async throws {
      try await withDomain(TestPolicy.roomy, timeToLive: .seconds(60)) { limiter, keys, domain in
        let permit = try await limiter.permit()
        let session = try #require(try await keys.sessions().first)
        // As if it had not been renewed for long; a neighbour comes and ends it.
        try await keys.run("ZADD", "lim:{\(domain.name)}:sessions", "1", session)
        try await domain.withLimiter { try await $0.cancel(try await $0.permit()) }
        #expect(try await keys.slots("slots") == 0)
        #expect(try await keys.unsettled().count == 1)
        let next = try await limiter.permit()
        #expect(await !limiter.isHeld(permit))
        #expect(await limiter.isHeld(next))
        #expect(try await !limiter.renew(permit, for: .seconds(60)))
        #expect(try await limiter.settle(permit, Usage(inputTokens: 1, outputTokens: 0)) == .settledLate)
        try await limiter.cancel(next)
        #expect(try await keys.counter("budget:run:r:all") == 1)
        #expect(try await keys.leftovers() == [])
      }
    }

    /// Its session may have been ended by a neighbour or may be renewed, if it was the first to come back.
    @Test func whileItCannotReachRedisForLongerThanItsSessionLivesNothingIsSurelyHeld() async throws {
      try await withRedis { server in
        let log = Recorder<String>()
        var domain = Domain(TestPolicy.roomy, on: server.url)
        domain.timeToLive = .milliseconds(800)
        try await domain.withKeys { [domain] keys in
          try await domain.withLimiter(logger: .recording(into: log)) {
            $0.answerTime = .milliseconds(300)
          } _: { limiter in
            let permit = try await limiter.permit()
            try server.pause()
            try await eventually("the lease is over") { await !limiter.isHeld(permit) }
            // Long enough for the server's clock, too.
            try await Task.sleep(for: .milliseconds(1_200))
            try server.resume()
            // A neighbour comes and reaps the dead session.
            try await domain.withLimiter { try await $0.cancel(try await $0.permit(waitingUpTo: .seconds(20))) }
            let next = try await limiter.permit(waitingUpTo: .seconds(20))
            #expect(await limiter.isHeld(next))
            let outcome = try await limiter.settle(permit, Usage(inputTokens: 1, outputTokens: 0))
            #expect([.settled, .settledLate].contains(outcome))
            try await limiter.cancel(next)
            #expect(try await keys.counter("budget:run:r:all") == 1)
            #expect(try await keys.leftovers() == [])
            #expect(try await keys.unsettled() == [])
          }
        }
      }
    }
  }
}
