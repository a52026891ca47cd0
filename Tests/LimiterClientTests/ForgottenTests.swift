import LimiterCore
import NIOCore
import PrivateRedis
import TestSupport
import Testing

@testable import LimiterClient
@testable import LimiterRedis

extension ClientTests {
  /// A real Redis that goes back to what it has saved, as a replica does that takes over and was behind: what came since, it never knew.
  @Suite struct ForgottenTests {
    private func withMemory(
      _ limits: [LimitRule] = [TestPolicy.tokens(100), TestPolicy.slots(2), TestPolicy.runBudget(1_000)],
      _ body: @Sendable (Limiter, DomainKeys, _ forget: @Sendable () async throws -> Void) async throws -> Void
    ) async throws {
      let server = PrivateRedisConfiguration(
        appendOnly: false, extraLines: ["dbfilename dump.rdb", "enable-debug-command yes"])
      try await withRedis(server) { server in
        let domain = Domain(limits, on: server.url)
        try await domain.withKeys { keys in
          try await domain.withLimiter { limiter in
            try await body(limiter, keys) { try await keys.run("DEBUG", "RELOAD", "NOSAVE") }
            try await keys.waitUntilNothingIsHeld()
          }
        }
      }
    }

    @Test func whatIsHeldCountsBeforeTheNextIsGranted() async throws {
      try await withMemory { limiter, keys, forget in
        let first = try await limiter.permit()
        try await keys.run("SAVE")
        let second = try await limiter.permit(call(tokens: 20))
        try await forget()
        #expect(try await keys.slots("slots") == 1)
        let denial = try await limiter.denial(call())
        #expect(denial.reason == .concurrency && denial.used == 2)
        #expect(try await keys.slots("slots") == 2)
        #expect(try await keys.window("tokens") == 30)
        #expect(try await keys.counter("budget:run:r:all:held") == 38)
        #expect(await limiter.isHeld(first))
        #expect(await limiter.isHeld(second))
        for permit in [first, second] {
          #expect(try await limiter.settle(permit, Usage(inputTokens: 1, outputTokens: 0)) == .settled)
        }
        #expect(try await keys.counter("budget:run:r:all") == 2)
      }
    }

    /// Nobody asks for anything in between.
    @Test func aSettlementWhosePermitWasForgottenIsSettled() async throws {
      try await withMemory { limiter, keys, forget in
        try await limiter.cancel(try await limiter.permit())
        try await keys.run("SAVE")
        let permit = try await limiter.permit(call(tokens: 20))
        try await forget()
        #expect(try await limiter.settle(permit, Usage(inputTokens: 7, outputTokens: 0)) == .settled)
        #expect(try await keys.counter("budget:run:r:all") == 7)
      }
    }

    /// It was granted and settled since, and holds nothing: what it has used counts before the next is granted.
    @Test func whatWasSettledIsToldAndSettledAgain() async throws {
      try await withMemory { limiter, keys, forget in
        try await limiter.cancel(try await limiter.permit())
        try await keys.run("SAVE")
        let permit = try await limiter.permit(call(tokens: 20))
        #expect(try await limiter.settle(permit, Usage(inputTokens: 7, outputTokens: 0)) == .settled)
        try await forget()
        #expect(try await keys.window("tokens") == 0)
        try await limiter.cancel(try await limiter.permit())
        try await eventually("it is settled again") { try await keys.counter("budget:run:r:all") == 7 }
        #expect(try await keys.window("tokens") == 7)
      }
    }

    /// Redis knows the permit, and not how it ended.
    @Test func howAPermitEndedIsToldAgain() async throws {
      try await withMemory { limiter, keys, forget in
        let (ended, held) = (try await limiter.permit(call(tokens: 20)), try await limiter.permit())
        try await keys.run("SAVE")
        #expect(try await limiter.settle(ended, Usage(inputTokens: 7, outputTokens: 0)) == .settled)
        try await forget()
        #expect(try await keys.slots("slots") == 2)
        // As after a new connection.
        try await limiter.eventLoop.submit { limiter.engine.value.doubtMemory() }.get()
        try await eventually("it is settled again") { try await keys.counter("budget:run:r:all") == 7 }
        #expect(try await keys.slots("slots") == 1)
        #expect(await limiter.isHeld(held))
        try await limiter.cancel(held)
      }
    }

    @Test func whatWasOnlyCountedCountsBeforeTheNextIsAdmitted() async throws {
      try await withMemory([TestPolicy.tokens(100)]) { limiter, keys, forget in
        guard case .admitted = try await limiter.admit(call(tokens: 5)) else { return }
        try await keys.run("SAVE")
        for _ in 0..<3 { _ = try await limiter.admit(call(tokens: 20)) }
        try await forget()
        #expect(try await keys.window("tokens") == 5)
        _ = try await limiter.admit(call(tokens: 10))
        #expect(try await keys.window("tokens") == 75)
      }
    }

    /// Out of memory, Redis decides nothing, and so does not say whether it remembers; it settles, which frees.
    @Test func aRedisWithoutMemorySettlesAllTheSame() async throws {
      try await withMemory { limiter, keys, _ in
        let permit = try await limiter.permit()
        try await keys.run("CONFIG", "SET", "maxmemory", "1")
        try await limiter.eventLoop.submit { limiter.engine.value.doubtMemory() }.get()
        #expect(try await limiter.settle(permit, Usage(inputTokens: 1, outputTokens: 0)) == .settled)
        try await keys.run("CONFIG", "SET", "maxmemory", "0")
      }
    }
  }
}
