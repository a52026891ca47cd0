import LimiterCore
import NIOCore
import PrivateRedis
import RedisClient
import TestSupport
import Testing

@testable import LimiterClient
@testable import LimiterRedis

extension ClientTests {
  /// Permits that stand in Redis and that nobody holds, as after a settlement that was lost there.
  @Suite struct OrphanTests {
    /// As if Redis had forgotten that it was settled.
    private func plant(_ name: String, _ session: String, _ keys: DomainKeys) async throws {
      let prefix = "lim:{\(keys.domain)}:"
      try await keys.run(
        "HSET", "\(prefix)session:\(session)", "permit:\(name)",
        #"["1700000000000001","1900000000000001",0,"slots:slots",1]"#)
      try await keys.run("HINCRBY", "\(prefix)slots:slots", session, "1")
      try await keys.run("HINCRBY", "\(prefix)slots:slots", "total", "1")
    }

    private func trouble(_ limiter: Limiter) async throws {
      try await limiter.eventLoop.submit { limiter.engine.value.lookForOrphansLater() }.get()
    }

    /// A permit of the session that nobody holds has ended, and the one that is held has not.
    private func endsWhatNobodyHolds(
      timeToLive: Duration, _ what: @Sendable (DomainKeys) async throws -> Void
    ) async throws {
      try await withRedis { server in
        var domain = Domain([TestPolicy.slots(4)], on: server.url)
        domain.timeToLive = timeToLive
        try await domain.withKeys { [domain] keys in
          try await domain.withLimiter({ $0.answerTime = .milliseconds(200) }) { limiter in
            let held = try await limiter.permit()
            let session = try #require(try await keys.sessions().first)
            try await plant("m.901.1", session, keys)
            try await what(keys)
            try await eventually("it has ended") {
              try await keys.permits().filter { $0.contains(".901") }.isEmpty
            }
            #expect(await limiter.isHeld(held))
            #expect(try await keys.slots("slots") == 1)
          }
        }
      }
    }

    /// As with a failover to a replica that was behind, at a moment at which nothing is under way: no call fails, and nobody hears of trouble.
    @Test func theyEndAfterANewConnection() async throws {
      try await endsWhatNobodyHolds(timeToLive: .seconds(6)) { keys in
        try await keys.run("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
      }
    }

    /// As when a network doubles the request of a batch that was denied, and its copy is granted later.
    @Test func theyEndAlsoWithoutAnyTrouble() async throws {
      try await endsWhatNobodyHolds(timeToLive: .milliseconds(900)) { _ in }
    }

    private func looks(_ limiter: Limiter) async throws -> Bool {
      try await limiter.eventLoop.submit { limiter.engine.value.isLookingForOrphans }.get()
    }

    @Test func theyEndAfterTroubleAlsoThoseThatComeWhileTheyAreLookedFor() async throws {
      try await withRedis { server in
        let domain = Domain([TestPolicy.slots(4)], on: server.url)
        try await domain.withKeys { keys in
          try await domain.withLimiter({ $0.answerTime = .milliseconds(500) }) { limiter in
            let held = try await limiter.permit()
            let session = try #require(try await keys.sessions().first)
            try await plant("m.901.1", session, keys)
            try await trouble(limiter)
            try await eventually("it has looked once") { try await keys.calls(of: "hscan") > 0 }
            // Comes late, with trouble of its own.
            try await plant("m.902.1", session, keys)
            try await trouble(limiter)
            try await eventually("both have ended") {
              try await keys.permits().filter { $0.contains(".90") }.isEmpty
            }
            #expect(await limiter.isHeld(held))
            let unsettled = try await keys.unsettled()
            #expect(unsettled.count { $0.contains("m.901.1") || $0.contains("m.902.1") } == 2, "\(unsettled)")
            try await eventually("it looks no longer") { try await !looks(limiter) }
            #expect(try await keys.slots("slots") == 1)
          }
        }
      }
    }
  }
}
