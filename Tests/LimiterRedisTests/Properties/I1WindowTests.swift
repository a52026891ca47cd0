import LimiterCore
import LimiterRedis
import Testing

/// I1: in every window (t-W, t] of server time the admitted amount is at most the limit.
@Suite struct I1WindowTests {
  static let options = SequenceGenerator.Options(corrects: false, reusesSessions: false)

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
    ("used[i] + added[i] <= limit[i]", "used[i] + added[i] <= limit[i] + 1"),
    ("'-inf', now - length_of(i), 'LIMIT', 0, PRUNED)", "'-inf', now - length_of(i) + 600, 'LIMIT', 0, PRUNED)"),
  ])
  func I1_theCheckFindsAMistake(_ find: String, _ replacement: String) async throws {
    try await expectViolation(.window, by: Mutant("planted for I1", "acquire", find, replacement, ""))
  }
}

extension I1WindowTests {
  static let dropping = "      call('HSET', KEYS[1], 'last_us', int(now))\n      is_time_kept = true\n"

  /// The clock runs ahead, a call is denied and drops what has left by then, and the clock is set right again.
  @Test(arguments: [false, true])
  func I1_aClockThatWasAheadForOneDeniedCallGivesOutNothingTwice(_ isPlanted: Bool) async throws {
    let mutant = Mutant("planted for I1", "acquire", Self.dropping, "", "")
    #expect(mutant.occurrences == 1)
    let scripts = ModelScripts.make(mutate: isPlanted ? mutant.apply : { $1 })
    let start: Int64 = 1_700_000_000_000_001
    let window = EffectiveLimit(id: LimitID(rule: "w"), allowance: .window(amount: 5, length: 2_000))
    try await withModelRedis(scripts) { redis in
      let model = RedisModel(redis, scripts: scripts)
      _ = try await model.perform(.open(session: "s", timeToLive: 1_000_000), at: start)
      var ledger = Ledger()
      for (number, (amount, delay)) in [(5, 10), (6, 4_000), (5, 20)].enumerated() {
        let time = ServerTime(microseconds: start + Int64(delay))
        let operation = ModelOperation.acquire(
          AcquireBatch(
            session: "s", lane: "m", operation: Int64(number + 1),
            notAfter: ServerTime(microseconds: start + 10_000), limits: [window],
            requests: [AcquireBatch.Request(hold: 1, needs: [AcquireBatch.Need(limit: 0, amount: Int64(amount))])]))
        ledger.note(operation, at: time, try await model.perform(operation, at: time.microseconds))
      }
      #expect(ledger.grants.count == 2)
      #expect(ledger.violations.isEmpty != isPlanted, "\(ledger.violations)")
      try await model.removeAll()
    }
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
