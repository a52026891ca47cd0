import LimiterClient
import LimiterCore
import TestSupport
import Testing

extension ClientTests {
  /// One client for both routes.
  @Suite struct OneClientTests {
    @Test(arguments: Kind.allCases)
    func `a client straight to Redis corrects, and one over limiterd says that it does not`(_ kind: Kind) async throws {
      try await withDomain(kind, TestPolicy.roomy) { limiter, keys, _ in
        func correct() async throws -> (applied: Int64, used: Int64) {
          try await limiter.adjust(
            LimitID(rawValue: "run:r"), of: call(), by: 5, operation: "one", who: "op", why: "test")
        }
        switch kind {
        case .redis:
          let done = try await correct()
          #expect(done.applied == 5 && done.used == 5)
          #expect(try await keys.counter("budget:run:r:all") == 5)
        case .limiterd:
          #expect(try await limiterError { _ = try await correct() }.code == .notAdjustable)
        }
      }
    }

    @Test(arguments: Kind.allCases)
    func `a body that outlives its hold goes on, and is charged what it used in the end`(_ kind: Kind) async throws {
      try await withDomain(kind, TestPolicy.roomy) { limiter, keys, _ in
        let outcome = try await limiter.withPermit(call(hold: .milliseconds(300))) { permit in
          try await eventually("the hold is over") { try await keys.slots("slots") == 0 }
          #expect(await !limiter.isHeld(permit))
          #expect(try await keys.counter("budget:run:r:all") == 14)
          return ("answer", Usage(inputTokens: 1, outputTokens: 0))
        }
        #expect(outcome.value == "answer" && outcome.denial == nil)
        #expect(try await keys.counter("budget:run:r:all") == 1)
        let denied = try await limiter.withPermit(call(tokens: 2_000_000), waitingUpTo: .zero) { _ in (1, .unknown) }
        #expect(denied.value == nil && denied.denial?.reason == .tooLarge)
      }
    }
  }
}
