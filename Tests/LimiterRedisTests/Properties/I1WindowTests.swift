import Testing

/// I1: in every window (t-W, t] of server time the admitted amount is at most the limit.
@Suite struct I1WindowTests {
  static let options = SequenceGenerator.Options(corrects: false, clockGoesBack: false, reusesSessions: false)

  @Test func I1_atEveryAdmissionTheWindowThatEndsThereHoldsAtMostTheLimit() async throws {
    let checks = Count()
    try await History.run(for: "I1", count: 60, length: 200, options: Self.options) { history, _ in
      let ledger = history.ledger
      let violations = ledger.violations.filter { $0.kind == .window }
      #expect(violations.isEmpty, "seed \(history.seed): \(violations)")
      await checks.add(ledger.checks[.window, default: 0])
      return true
    }
    // A check that never looks proves nothing.
    print("I1: \(await checks.sum) admissions looked at")
    #expect(await checks.sum > 300)
  }

  @Test(arguments: [
    ("if used[i] + amount > limit[i] or held_up[i] then", "if used[i] + amount > limit[i] + 1 or held_up[i] then"),
    ("'-inf', now - length_of(i), 'LIMIT', 0, PRUNED)", "'-inf', now - length_of(i) + 600, 'LIMIT', 0, PRUNED)"),
  ])
  func I1_theCheckFindsAMistake(_ find: String, _ replacement: String) async throws {
    try await expectViolation(.window, by: Mutant("planted for I1", "acquire", find, replacement, ""))
  }
}

/// A check that cannot fail is a defect: with this mistake in the scripts it must.
func expectViolation(_ kind: Ledger.Kind, by mutant: Mutant) async throws {
  #expect(mutant.occurrences == 1)
  let found = Recorded()
  try await History.run(
    for: "\(mutant.name)", count: sequencesForAPlantedMistake, length: 200,
    options: SequenceGenerator.Options(corrects: false, reusesSessions: false),
    mutant: mutant
  ) { history, _ in
    if history.ledger.violations.contains(where: { $0.kind == kind }) { await found.raise() }
    return await !found.isRaised
  }
  #expect(await found.isRaised, "no \(kind) violation was seen with the mistake \(mutant.replacement)")
}
