import LimiterCore
import LimiterRedis
import SeededRandom
import TestSupport
import Testing

/// I3: spent + held never passes a budget by an admission; at rest, spent is exactly the sum of the reported usage.
@Suite struct I3BudgetTests {
  @Test func I3_noAdmissionPassesABudget_andAtRestItHoldsExactlyWhatWasUsed() async throws {
    let checks = Count()
    try await History.run(for: "I3", count: 60, length: 200, options: .init(corrects: false, reusesSessions: false)) {
      history, model in
      var ledger = history.ledger
      let violations = ledger.violations.filter { $0.kind == .budget }
      #expect(violations.isEmpty, "seed \(history.seed): \(violations)")
      await checks.add(ledger.checks[.budget, default: 0])
      try await Self.settleTheRest(&ledger, seed: history.seed, model)
      try await Self.expectRest(ledger, seed: history.seed, model)
      return true
    }
    // A check that never looks proves nothing.
    print("I3: \(await checks.sum) admissions looked at")
    #expect(await checks.sum > 300)
  }

  @Test func I3_theCheckFindsAMistake() async throws {
    let held = "used[i] = (spent or 0) + (held or 0)"
    try await expectViolation(
      .budget, by: Mutant("planted for I3", "acquire", held, "used[i] = spent or 0", ""))
  }

  /// Every permit that nobody has settled, also of those whose session has died.
  private static func settleTheRest(_ ledger: inout Ledger, seed: UInt64, _ model: RedisModel) async throws {
    var random = SeededGenerator(seed: seed)
    for grant in ledger.grants where grant.used == nil {
      let item = SettleBatch.Item(
        session: grant.session, permit: grant.permit, grantedAt: ServerTime(microseconds: grant.at),
        ending: .settled(grant.parts.map { Int64(random.below(Int(2 * $0.reserved))) }))
      let operation = ModelOperation.settle(
        SettleBatch(windowLengths: lengths(of: grant), items: [item]))
      let answer = try await model.perform(operation, at: ledger.now)
      #expect(
        answer == .settled([.settled]) || answer == .settled([.settledLate]), "seed \(seed): \(grant.key): \(answer)")
      ledger.note(operation, at: ServerTime(microseconds: ledger.now), answer)
    }
  }

  private static func lengths(of grant: Ledger.Grant) -> [String: Int64] {
    grant.parts.reduce(into: [:]) { lengths, part in
      if case .window(_, let length) = part.limit.allowance { lengths[part.limit.keyName] = length }
    }
  }

  private static func expectRest(_ ledger: Ledger, seed: UInt64, _ model: RedisModel) async throws {
    let budgets = Set(ledger.grants.flatMap { $0.parts.map(\.limit) }.filter(\.isBudget))
      .sorted { $0.keyName < $1.keyName }
    let answer = try await model.perform(.inspect(budgets), at: ledger.now)
    let expected = budgets.map { LimitUsage.budget(spent: ledger.used(of: $0), held: 0) }
    #expect(answer == .usage(expected), "seed \(seed): \(budgets.map(\.keyName))")
  }
}
