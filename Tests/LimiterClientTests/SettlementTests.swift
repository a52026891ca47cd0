import LimiterClient
import LimiterCore
import TestSupport
import Testing

extension ClientTests {
  /// A permit has one effect, whoever settles it, when, and with what.
  @Suite struct SettlementTests {
    @Test(arguments: [0, 10, 100] as [Int64])
    func settledByTwoLimitersItIsChargedOnce(_ used: Int64) async throws {
      try await withDomain(TestPolicy.roomy) { limiter, keys, domain in
        try await domain.withLimiter { other in
          for round in 1...20 as ClosedRange<Int64> {
            let permit = try await limiter.permit(call(tokens: 10))
            let usage = Usage(inputTokens: used, outputTokens: 0)
            async let one = limiter.settle(permit, usage)
            async let two = other.settle(permit, usage)
            async let three = limiter.settle(permit, Usage(inputTokens: used, outputTokens: 0))
            let outcomes = try await [one, two, three]
            #expect(outcomes.filter { $0 == .settled }.count == 1)
            #expect(outcomes.filter { $0 == .gone }.count == 2)
            #expect(try await keys.counter("budget:run:r:all") == used * round)
            #expect(try await keys.window("tokens") == used * round)
          }
          #expect(try await keys.leftovers() == [])
        }
      }
    }

    @Test(arguments: [0, 100] as [Int64])
    func settledAfterItsWindowNothingGoesBackAndMoreIsAddedNow(_ used: Int64) async throws {
      let limits = [TestPolicy.tokens(1_000, per: .milliseconds(100)), TestPolicy.runBudget(1_000)]
      try await withDomain(limits) { limiter, keys, _ in
        let old = try await limiter.permit(call(tokens: 10))
        // Until the entry of the reservation has left.
        try await eventually("the window is empty") { try await limiter.usage(of: call())[0].used == 0 }
        // Pruned, and a new one stands there.
        let new = try await limiter.permit(call(tokens: 7))
        #expect(try await limiter.settle(old, Usage(inputTokens: used, outputTokens: 0)) == .settled)
        #expect(try await limiter.settle(old, Usage(inputTokens: used, outputTokens: 0)) == .gone)
        #expect(try await keys.counter("budget:run:r:all") == used)
        #expect(try await keys.window("tokens") == 7 + max(used - 10, 0))
        try await limiter.cancel(new)
        #expect(try await keys.leftovers() == [])
      }
    }

    /// I6: who waits for a window need not wait for the reservation to leave, when it was not used.
    @Test(arguments: [false, true])
    func whatIsGivenBackToAWindowGoesToWhoWaitsForIt(_ isCancelled: Bool) async throws {
      let window = Duration.seconds(20)
      try await withDomain([TestPolicy.tokens(100, per: window)]) { limiter, _, _ in
        let first = try await limiter.permit(call(tokens: 100))
        async let waiting = limiter.permit(call(tokens: 50), waitingUpTo: .seconds(60))
        try await eventually("a call waits") { await limiter.waiting == 1 }
        if isCancelled {
          try await limiter.cancel(first)
        } else {
          try await limiter.settle(first, Usage(inputTokens: 40, outputTokens: 0))
        }
        let second = try await waiting
        #expect(second.grantedAt.microseconds - first.grantedAt.microseconds < window.microsecondsRoundedUp / 2)
      }
    }

    /// I3: a call that nobody has estimated.
    @Test func whatIsNotEstimatedIsStoppedByASpentBudgetAndChargedAfterwards() async throws {
      try await withDomain([TestPolicy.tokens(1_000), TestPolicy.runBudget(100)]) { limiter, keys, _ in
        let unknown = AdmissionRequest(model: "m", run: "r")
        let first = try await limiter.permit(unknown)
        try await limiter.settle(first, Usage(inputTokens: 30, outputTokens: 60))
        #expect(try await keys.counter("budget:run:r:all") == 150)
        #expect(try await keys.window("tokens") == 90)
        let denial = try await limiter.denial(unknown)
        #expect(denial.reason == .budget && denial.remaining == 0)
      }
    }

    @Test func aKeyInTheWayOfOnePermitIsNotTheTroubleOfThoseSettledWithIt() async throws {
      try await withDomain([TestPolicy.runBudget(1_000_000), TestPolicy.slots(100)]) { limiter, keys, domain in
        var permits: [Permit] = []
        for number in 0..<8 { permits.append(try await limiter.permit(call(run: "r\(number)"))) }
        let bad = "lim:{\(domain.name)}:budget:run:r3:all"
        try await keys.run("SET", bad, "words")
        let outcomes = try await withThrowingTaskGroup(of: (Int, SettleOutcome?).self) { group in
          for (number, permit) in permits.enumerated() {
            group.addTask { (number, try? await limiter.settle(permit, Usage(nanodollars: 7))) }
          }
          return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        #expect(outcomes == (0..<8).reduce(into: [:]) { if $1 != 3 { $0[$1] = .settled } })
        try await keys.run("SET", bad, "0")
        #expect(try await limiter.settle(permits[3], Usage(nanodollars: 7)) == .settled)
        #expect(try await keys.leftovers() == [])
      }
    }

    @Test func settlementsOfOneMomentAreOneEach() async throws {
      try await withDomain(TestPolicy.roomy) { limiter, keys, _ in
        let permits = try await withThrowingTaskGroup(of: Permit.self) { group in
          for _ in 0..<300 { group.addTask { try await limiter.permit() } }
          return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(permits.map(\.id)).count == 300)
        let outcomes = try await withThrowingTaskGroup(of: SettleOutcome.self) { group in
          for permit in permits + permits {
            group.addTask { try await limiter.settle(permit, Usage(inputTokens: 2, outputTokens: 0)) }
          }
          return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.filter { $0 == .settled }.count == 300)
        #expect(outcomes.filter { $0 == .gone }.count == 300)
        #expect(try await keys.counter("budget:run:r:all") == 600)
        #expect(try await keys.window("tokens") == 600)
        #expect(try await keys.leftovers() == [])
      }
    }

    @Test func aReservationThatTheProviderKeepsStays() async throws {
      try await withDomain([TestPolicy.tokens(100, settling: .reservation)]) { limiter, keys, _ in
        try await limiter.settle(try await limiter.permit(call(tokens: 10)), Usage(inputTokens: 1, outputTokens: 0))
        try await limiter.settle(try await limiter.permit(call(tokens: 10)), Usage(inputTokens: 50, outputTokens: 0))
        #expect(try await keys.window("tokens") == 20)
      }
    }

    @Test func partOfTheUsageIsKnown() async throws {
      try await withDomain(TestPolicy.roomy) { limiter, keys, _ in
        try await limiter.settle(try await limiter.permit(call(tokens: 10)), Usage(tokens: 3))
        #expect(try await keys.window("tokens") == 3)
        #expect(try await keys.counter("budget:run:r:all") == 14, "the cost is not known: as reserved")
        try await limiter.settle(try await limiter.permit(call(tokens: 10)), Usage(nanodollars: 6))
        #expect(try await keys.window("tokens") == 13)
        #expect(try await keys.counter("budget:run:r:all") == 20)
      }
    }

    @Test func usageAboveABudgetIsChargedAndStopsTheNextCall() async throws {
      try await withDomain([TestPolicy.runBudget(100)]) { limiter, keys, _ in
        try await limiter.settle(try await limiter.permit(), Usage(nanodollars: 140))
        #expect(try await keys.counter("budget:run:r:all") == 140)
        let denial = try await limiter.denial(call())
        #expect((denial.used, denial.allowed, denial.remaining) == (140, 100, 0))
      }
    }
  }
}
