import SeededRandom
import Testing

import Oracle

/// Random short histories: what was answered truly is accepted, and of answers that were changed the search says the same as
/// all orders, tried one after the other.
@Suite struct RandomHistoryTests {
  @Test func theSearchAgreesWithAllOrders() {
    var random = SeededGenerator(seed: 7)
    var (rejected, kept) = (0, 0)
    for _ in 0..<4_000 {
      var calls = Self.history(&random)
      #expect({ if case .linearizable = ShortHistory.verdict(calls) { true } else { false } }(), "\(calls)")
      let changed = Int.random(in: 0..<calls.count, using: &random)
      calls[changed].call = Self.lie(about: calls[changed].call, &random)
      let expected = ShortHistory.isLinearizableByAllOrders(calls)
      if expected { kept += 1 } else { rejected += 1 }
      let isAccepted = if case .linearizable = ShortHistory.verdict(calls) { true } else { false }
      #expect(isAccepted == expected, "\(calls)")
    }
    print("random histories with one changed answer: \(rejected) wrong, \(kept) still right")
    #expect(rejected > 1_000 && kept > 100)
  }

  /// Five to seven calls that took effect one after the other at instants of their own, each under way around its instant.
  private static func history(_ random: inout SeededGenerator) -> [Timed] {
    let limits = ShortHistory.limits
    var (state, calls): (Limiter.State, [Timed]) = (limits.initial, [])
    for number in 1...Int.random(in: 5...7, using: &random) {
      let at = Int64(number * 10)
      let permit = state.keys.sorted().randomElement(using: &random)
      let answers: [Limiter.Call]
      switch Int.random(in: 0..<5, using: &random) {
      case 0...1: answers = admissions(number)
      case 2...3:
        guard let permit else { continue }
        let used = Limiter.Amounts(
          tokens: .random(in: 0...5, using: &random), money: .random(in: 0...40, using: &random))
        answers = [.settled, .late, .gone].map { .end(permit: permit, .used(used), $0) }
      default:
        guard let permit else { continue }
        answers = [.settled, .gone].map { .end(permit: permit, .abandoned, $0) }
      }
      guard var call = answers.first(where: { limits.state(after: $0, in: state) != nil }),
        let next = limits.state(after: call, in: state)
      else { continue }
      let isUnknown = Int.random(in: 0..<6, using: &random) == 0
      if isUnknown { call = withoutAnswer(call) }
      state = next
      calls.append(
        Timed(
          call, invoked: at - .random(in: 0...25, using: &random),
          answered: isUnknown ? nil : at + .random(in: 0...25, using: &random)))
    }
    return calls.isEmpty ? [ShortHistory.acquire(1, .granted, 0, 1)] : calls
  }

  private static func admissions(_ permit: Int) -> [Limiter.Call] {
    let denials = [Limiter.Limit.slots, .money, .tokens].flatMap { limit in
      (0...200).map { Limiter.Admission.denied(by: limit, used: $0) }
    }
    return ([.granted] + denials).map { .acquire(permit: permit, ShortHistory.asked, $0) }
  }

  private static func withoutAnswer(_ call: Limiter.Call) -> Limiter.Call {
    switch call {
    case .acquire(let permit, let amounts, _): .acquire(permit: permit, amounts, .unknown)
    case .end(let permit, let ending, _): .end(permit: permit, ending, .unknown)
    default: call
    }
  }

  private static func lie(about call: Limiter.Call, _ random: inout SeededGenerator) -> Limiter.Call {
    switch call {
    case .acquire(let permit, let amounts, .granted):
      .acquire(permit: permit, amounts, .denied(by: .slots, used: .random(in: 0...2, using: &random)))
    case .acquire(let permit, let amounts, _): .acquire(permit: permit, amounts, .granted)
    case .end(let permit, let ending, .settled): .end(permit: permit, ending, .gone)
    case .end(let permit, let ending, _): .end(permit: permit, ending, .settled)
    default: call
    }
  }
}
