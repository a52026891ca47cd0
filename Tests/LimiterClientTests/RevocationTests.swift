@testable import LimiterClient
import LimiterCore
@testable import LimiterRedis
import NIOCore
import TestSupport
import Testing

extension ClientTests {
  /// I9: a batch was granted, its reply was lost, and nobody will ask for it again.
  @Suite struct RevocationTests {
    @Test(arguments: [false, true])
    func whatNobodyHasTakenIsGivenBack(_ isOver: Bool) async throws {
      try await withDomain(TestPolicy.roomy) { limiter, keys, domain in
        let permit = try await limiter.permit()
        let batch = try Self.batch(of: permit, limiter)
        if isOver {
          try await keys.run("ZADD", "lim:{\(domain.name)}:sessions", "1", batch.session)
          try await domain.withLimiter { _ = try await $0.denial(call(tokens: 10_000_000)) }
          #expect(try await keys.unsettled().count == 1)
          #expect(try await keys.counter("budget:run:r:all") == 14)
        }
        limiter.onLoop { $0.revoke(batch, sentAt: $0.now) }
        try await eventually("nothing is charged") {
          let charged = [
            try await keys.counter("budget:run:r:all"), try await keys.counter("budget:run:r:all:held"),
            try await keys.window("tokens"), try await keys.slots("slots"),
          ]
          let listed = try await keys.unsettled() + keys.permits()
          return charged == [0, 0, 0, 0] && listed == []
        }
      }
    }

    /// A copy that was delayed may run until its time is over: then it is given back when it has.
    @Test func aCopyThatRunsLaterIsGivenBackToo() async throws {
      try await withDomain(TestPolicy.roomy) { limiter, keys, _ in
        var batch = try Self.batch(of: try await limiter.permit(), limiter)
        batch.operation += 1
        batch.notAfter = try await limiter.eventLoop.submit {
          let engine = limiter.engine.value
          return ServerTime(microseconds: engine.serverNow.microseconds + 300_000)
        }.get()
        limiter.onLoop { [batch] in $0.revoke(batch, sentAt: $0.now) }
        try await eventually("its first look is answered") {
          try await limiter.eventLoop.submit { limiter.engine.value.settlements.count == 0 }.get()
        }
        #expect(try await limiter.permit().place?.name == batch.permitName(at: 0))
        try await eventually("the second look has found it") { try await keys.permits().count == 1 }
        #expect(try await keys.slots("slots") == 1)
      }
    }

    private static func batch(of permit: Permit, _ limiter: Limiter) throws -> AcquireBatch {
      let place = try #require(permit.place)
      let needs = limiter.resolver.resolve(call(), at: permit.grantedAt)
      return AcquireBatch(
        session: place.session, lane: "m", operation: 1, isResent: true, notAfter: permit.grantedAt,
        limits: needs.map(\.limit),
        requests: [
          AcquireBatch.Request(
            hold: 1, needs: needs.enumerated().map { AcquireBatch.Need(limit: $0.offset, amount: $0.element.amount) })
        ])
    }
  }
}
