import LimiterCore
import LimiterRedis
import Testing

/// I4: live slots never pass the limit; after all holders have died, all are free; none is lost, none is given twice.
@Suite struct I4SlotTests {
  static let slots = EffectiveLimit(id: LimitID(rule: "slots"), allowance: .concurrency(permits: 4))

  @Test func I4_liveSlotsStayWithinTheLimit_andAreAllThereWhenTheHoldersHaveDied() async throws {
    let checks = Count()
    try await History.run(for: "I4", count: 60, length: 200, options: .init(corrects: false, reusesSessions: false)) {
      history, model in
      let ledger = history.ledger
      let violations = ledger.violations.filter { $0.kind == .slots }
      #expect(violations.isEmpty, "seed \(history.seed): \(violations)")
      await checks.add(ledger.checks[.slots, default: 0])

      // The longest time to live that the generator gives is 40 ms.
      let later = max(ledger.now, history.steps.map(\.step.time.microseconds).max() ?? 0) + 40_002
      _ = try await model.perform(.open(session: "heir", timeToLive: 1_000), at: later)
      let batch = AcquireBatch(
        session: "heir", lane: "m", operation: 1, notAfter: ServerTime(microseconds: later + 1_000),
        limits: [Self.slots],
        requests: (1...5).map { _ in AcquireBatch.Request(hold: 1, needs: [AcquireBatch.Need(limit: 0, amount: 1)]) })
      guard
        case .acquired(.decided(_, _, let used, let decisions)) = try await model.perform(.acquire(batch), at: later)
      else { throw UnexpectedAnswer() }
      #expect(decisions.map { $0 == .granted } == [true, true, true, true, false], "seed \(history.seed)")
      #expect(used == [4], "seed \(history.seed)")
      return true
    }
    // A check that never looks proves nothing.
    print("I4: \(await checks.sum) admissions looked at")
    #expect(await checks.sum > 300)
  }

  @Test func I4_theCheckFindsAMistake() async throws {
    let total = "      call('HINCRBY', key_of(i), 'total', amount)\n"
    try await expectViolation(.slots, by: Mutant("planted for I4", "acquire", total, "", ""))
  }
}

/// An operation was answered in a way that the test did not expect.
struct UnexpectedAnswer: Error {}
