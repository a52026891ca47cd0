import LimiterCore
import TestSupport
import Testing

@testable import LimiterClient

extension ClientTests {
  /// Calls that are counted, and whose permits nobody keeps.
  @Suite struct AdmitTests {
    private static let windows = [TestPolicy.tokens(100), TestPolicy.requests(1_000)]

    @Test(arguments: Kind.allCases) func whatIsAdmittedCountsAndNothingIsKept(_ kind: Kind) async throws {
      try await withDomain(kind, Self.windows) { limiter, keys, _ in
        var times: [ServerTime] = []
        for _ in 0..<10 {
          guard case .admitted(let time, false) = try await limiter.admit(call(), waitingUpTo: .zero) else { break }
          times.append(time)
        }
        #expect(times.count == 10 && times == times.sorted() && Set(times).count == 10)
        let denial = try #require(try await limiter.admit(call(tokens: 7), waitingUpTo: .zero).denial)
        #expect(denial.reason == .window && denial.limit == LimitID(rule: "tokens"))
        #expect(denial.used == 100 && denial.allowed == 100)
        // What is denied is in no limit.
        #expect(try await keys.window("tokens") == 100)
        #expect(try await keys.window("requests") == 10)
        #expect(try await keys.permits() == [])
        #expect(try await keys.unsettled() == [])
      }
    }

    @Test(arguments: Kind.allCases) func aLimitThatIsNoWindowNeedsAPermit(_ kind: Kind) async throws {
      let limits = Self.windows + [TestPolicy.runBudget(1_000)]
      try await withDomain(kind, limits) { limiter, keys, _ in
        let error = try await limiterError { _ = try await limiter.admit(call()) }
        #expect(error.code == .invalidRequest)
        #expect(error.message.contains("run:r") && error.message.contains("acquire"), "\(error)")
        // It meets a run's budget only if it belongs to one.
        #expect(try await limiter.admit(call(run: nil)).denial == nil)
        #expect(try await keys.window("tokens") == 10)
      }
    }

    @Test(arguments: Kind.allCases) func nonsenseIsTold(_ kind: Kind) async throws {
      try await withDomain(kind, Self.windows) { limiter, keys, _ in
        var unknown = call()
        unknown.model = "nobody"
        for (request, longest) in [(unknown, Duration.zero), (call(tokens: -5), .zero), (call(), .seconds(-1))] {
          let error = try await limiterError { _ = try await limiter.admit(request, waitingUpTo: longest) }
          #expect(error.code == .invalidRequest, "\(error)")
        }
        let never = try await limiter.admit(call(tokens: 101), waitingUpTo: .seconds(60)).denial
        #expect(never?.reason == .tooLarge)
        #expect(try await keys.names("window:*") == [])
      }
    }

    @Test(arguments: Kind.allCases) func itWaitsForRoom(_ kind: Kind) async throws {
      let window = Duration.milliseconds(600)
      try await withDomain(kind, [TestPolicy.tokens(100, per: window)]) { limiter, _, _ in
        guard case .admitted(let first, _) = try await limiter.admit(call(tokens: 100), waitingUpTo: .zero),
          case .admitted(let second, _) = try await limiter.admit(call(tokens: 100), waitingUpTo: .seconds(60))
        else {
          Issue.record("denied")
          return
        }
        #expect(second.microseconds - first.microseconds >= window.microsecondsRoundedUp)
      }
    }

    @Test(arguments: Kind.allCases) func whoWaitsMayGoAway(_ kind: Kind) async throws {
      try await withDomain(kind, [TestPolicy.tokens(100, per: .seconds(600))]) { limiter, keys, _ in
        _ = try await limiter.admit(call(tokens: 90), waitingUpTo: .zero)
        let waiting = Task { try await limiter.admit(call(tokens: 50), waitingUpTo: .seconds(900)) }
        try await eventually("it waits") { try await keys.waiters("tokens").count == 1 }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        try await eventually("it waits no longer") { try await keys.waiters("tokens").isEmpty }
        #expect(try await keys.window("tokens") == 90)
      }
    }

    /// Many tasks on the client's own loop: each has its answers, and the heartbeat goes on.
    @Test(arguments: Kind.allCases) func tasksMayRunOnTheClientsLoop(_ kind: Kind) async throws {
      try await withDomain(kind, [TestPolicy.requests(1_000), TestPolicy.slots(4)], timeToLive: .seconds(2)) {
        limiter, keys, _ in
        try await withTaskExecutorPreference(limiter.executor) {
          try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
              group.addTask {
                for _ in 0..<5 {
                  let permit = try await limiter.permit(waitingUpTo: .seconds(60))
                  #expect(await limiter.isHeld(permit))
                  try await limiter.settle(permit, .unknown)
                }
              }
            }
            try await group.waitForAll()
          }
        }
        #expect(try await keys.window("requests") == 100)
        #expect(try await keys.leftovers() == [])
      }
    }
  }
}
