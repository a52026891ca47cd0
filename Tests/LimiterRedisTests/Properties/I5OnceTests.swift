import LimiterCore
import LimiterRedis
import SeededRandom
import TestSupport
import Testing

/// I5: an operation has at most one effect, however often it is sent, delayed, doubled or reordered.
@Suite struct I5OnceTests {
  // No excess and the scripts' own bounds: then the account knows every stamp, and what is used is known exactly.
  static let options = SequenceGenerator.Options(
    corrects: false, sessionsDie: false, exceeds: false, repeats: false, clockGoesBack: false)

  @Test func I5_eachOperationSentOneToFiveTimesHasOneEffect() async throws {
    let repeated = try await Self.run(for: "I5", count: 40, mutant: nil) { seed, difference in
      #expect(difference == nil, "seed \(seed): \(difference ?? "")")
      return true
    }
    print("I5: \(repeated) copies sent")
  }

  @Test(arguments: [
    "operation id ignored", "superseded ignored", "the permit's record stays",
  ])
  func I5_theCheckFindsAMistake(_ name: String) async throws {
    let mutant = try #require(Mutant.all.first { $0.name == name })
    let found = Recorded()
    _ = try await Self.run(for: "planted: \(name)", count: sequencesForAPlantedMistake, mutant: mutant) {
      _, difference in
      if difference != nil { await found.raise() }
      return difference == nil
    }
    #expect(await found.isRaised, "nothing was seen with the mistake '\(name)'")
  }

  /// Runs sequences with copies; tells `body` of each whether Redis holds anything but one effect of each operation.
  private static func run(
    for purpose: String, count: Int, mutant: Mutant?, _ body: @Sendable (UInt64, String?) async throws -> Bool
  ) async throws -> Int {
    let copies = Count()
    try await History.forEachSeed(for: purpose, count: count, bounds: StoreBounds(), mutant: mutant) { seed, model in
      let once = SequenceGenerator.sequence(seed: seed, length: 100, bounds: StoreBounds(), options: options)
      var random = SeededGenerator(seed: seed)
      let steps = withCopies(once, random: &random)
      await copies.add(steps.count - once.count)
      return try await body(seed, try await firstDifference(steps, model))
    }
    return await copies.sum
  }

  /// Each batch comes one to five times: the first copy perhaps late, the others marked as sent again, as a lane does it.
  private static func withCopies(_ steps: [ModelStep], random: inout SeededGenerator) -> [ModelStep] {
    var slots: [[ModelOperation]] = steps.map { _ in [] }
    for (index, step) in steps.enumerated() {
      let isRepeatable: Bool
      switch step.operation {
      case .acquire, .settle: isRepeatable = true
      default: isRepeatable = false
      }
      for copy in 0..<(isRepeatable ? 1 + random.below(5) : 1) {
        let isDelayed = copy > 0 || (isRepeatable && random.below(10) == 0)
        let place = min(index + (isDelayed ? random.below(12) : 0), steps.count - 1)
        var operation = step.operation
        if case .acquire(var batch) = operation, copy > 0 {
          batch.isResent = true
          if random.below(2) == 0 { batch.notAfter = ServerTime(microseconds: steps[place].time.microseconds + 500) }
          operation = .acquire(batch)
        }
        // Among the others of the place in any order.
        if isDelayed {
          slots[place].insert(operation, at: random.below(slots[place].count + 1))
        } else {
          slots[place].append(operation)
        }
      }
    }
    return zip(steps, slots).flatMap { step, operations in
      operations.map { ModelStep(time: step.time, operation: $0, expected: step.expected) }
    }
  }

  private static func firstDifference(_ steps: [ModelStep], _ model: RedisModel) async throws -> String? {
    let looks = steps.map { step in
      ModelStep(time: step.time, operation: .inspect(limits(of: step)), expected: .usage([]))
    }
    let answers = try await model.run(zip(steps, looks).flatMap { [$0, $1] })
    var ledger = Ledger()
    // Many calls in one microsecond: their stamps, and so what an onlooker takes for now, run ahead of the clock. A denied call keeps
    // its own only if it has dropped something, which its answer does not tell.
    var granted: Int64 = 0
    var decided: Int64 = 0
    for (index, (step, look)) in zip(steps, looks).enumerated() {
      let answer = try answers[2 * index].get()
      ledger.note(step.operation, at: step.time, answer)
      if case .acquired(.decided(let now, _, _, let decisions)) = answer {
        decided = max(decided, now.microseconds)
        if decisions.contains(.granted) { granted = max(granted, now.microseconds) }
      }
      guard case .inspect(let limits) = look.operation, case .usage(let usages) = try answers[2 * index + 1].get()
      else {
        return "no answer"
      }
      for (limit, usage) in zip(limits, usages) {
        // A script drops what has left at its stamp, which may be one microsecond ahead of the clock.
        let now = max(step.time.microseconds, granted)
        if [now + 1, decided].contains(where: { difference(limit, usage, ledger, at: $0) == nil }) { continue }
        if let problem = difference(limit, usage, ledger, at: now) {
          return "after step \(index), \(step.operation): \(limit.keyName): \(problem)"
        }
      }
    }
    return ledger.violations.first?.description
  }

  private static func limits(of step: ModelStep) -> [EffectiveLimit] {
    if case .acquire(let batch) = step.operation { return batch.limits }
    return SequenceGenerator(seed: 0, bounds: StoreBounds()).limits().filter { $0.id.rawValue != "day" }
  }

  private static func difference(
    _ limit: EffectiveLimit, _ usage: LimitUsage, _ ledger: Ledger, at time: Int64
  ) -> String? {
    let held = ledger.unsettled(of: limit)
    let expected = ledger.used(of: limit, at: time)
    switch usage {
    case .window(let used, _, _):
      // An admission's stamp is odd, up to a microsecond after the time that it was made at; so is its view of what has left.
      let isExpected = used == expected || used == ledger.used(of: limit, at: time | 1)
      return isExpected ? nil : "\(used) used, \(expected) admitted and not given back"
    case .budget(let spent, let heldNow):
      // Abandoned permits are spent at their reservation, so only the sum is the account's to say.
      return spent + heldNow == expected && heldNow <= held ? nil : "\(spent) + \(heldNow), expected \(expected)"
    case .concurrency(let used, _):
      return used == expected ? nil : "\(used) held, \(expected) admitted and not given back"
    }
  }
}
