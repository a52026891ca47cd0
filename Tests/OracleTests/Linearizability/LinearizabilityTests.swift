import Testing

import Oracle

/// Histories that are right, and histories with one answer that is wrong.
@Suite struct LinearizabilityTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var calls: [Timed]

    init(_ name: String, _ calls: [Timed]) { (testDescription, self.calls) = (name, calls) }
  }

  static let right: [Case] = [
    Case("nothing", []),
    Case(
      "two at once, a third is refused",
      [
        ShortHistory.acquire(1, .granted, 0, 10), ShortHistory.acquire(2, .granted, 0, 10),
        ShortHistory.acquire(3, .denied(by: .slots, used: 2), 0, 10),
      ]),
    Case(
      "refused before, though it was answered after",
      [
        ShortHistory.acquire(1, .granted, 0, 1), ShortHistory.acquire(2, .granted, 2, 3),
        ShortHistory.settle(1, 0, 0, .settled, 4, 8), ShortHistory.acquire(3, .denied(by: .slots, used: 2), 5, 9),
      ]),
    Case(
      "an unknown grant that had an effect",
      [
        ShortHistory.acquire(1, .unknown, 0, nil), ShortHistory.acquire(2, .granted, 1, 2),
        ShortHistory.acquire(3, .denied(by: .slots, used: 2), 3, 4),
      ]),
    Case(
      "an unknown grant that had none",
      [
        ShortHistory.acquire(1, .unknown, 0, nil), ShortHistory.acquire(2, .granted, 1, 2),
        ShortHistory.acquire(3, .granted, 3, 4),
      ]),
    Case(
      "an unknown grant is taken back in the middle",
      [
        ShortHistory.acquire(1, .unknown, 0, nil), ShortHistory.takeBack(1, 0), ShortHistory.acquire(2, .granted, 1, 2),
        ShortHistory.acquire(3, .denied(by: .slots, used: 2), 3, 4), ShortHistory.acquire(4, .granted, 5, 6),
      ]),
    Case(
      "an unknown settlement takes effect late",
      [
        ShortHistory.acquire(1, .granted, 0, 1), ShortHistory.settle(1, 1, 7, .unknown, 2, nil),
        ShortHistory.read(4, 30, held: 30, slots: 1, 3, 4), ShortHistory.read(1, 7, held: 0, slots: 0, 5, 6),
      ]),
    Case(
      "abandoned, settled late, gone",
      [
        ShortHistory.acquire(1, .granted, 0, 1), ShortHistory.abandon(1, .settled, 2, 3),
        ShortHistory.read(4, 30, held: 0, slots: 0, 4, 5), ShortHistory.settle(1, 9, 90, .late, 6, 7),
        ShortHistory.settle(1, 0, 0, .gone, 8, 9), ShortHistory.read(9, 90, held: 0, slots: 0, 10, 11),
        ShortHistory.acquire(2, .denied(by: .money, used: 90), 12, 13),
      ]),
    Case(
      "one of two that settle at once is the first",
      [
        ShortHistory.acquire(1, .granted, 0, 1), ShortHistory.settle(1, 1, 1, .gone, 2, 9),
        ShortHistory.settle(1, 2, 2, .settled, 3, 8), ShortHistory.read(2, 2, held: 0, slots: 0, 10, 11),
      ]),
  ]

  static let wrong: [Case] = [
    Case(
      "the last slot is granted twice",
      [
        ShortHistory.acquire(1, .granted, 0, 1), ShortHistory.acquire(2, .granted, 2, 5),
        ShortHistory.acquire(3, .granted, 2, 5),
      ]),
    Case(
      "granted although it was full before",
      [
        ShortHistory.acquire(1, .granted, 0, 1), ShortHistory.acquire(2, .granted, 0, 2),
        ShortHistory.settle(1, 4, 30, .settled, 3, 4), ShortHistory.acquire(3, .granted, 5, 6),
      ]),
    Case(
      "a settlement is lost",
      [
        ShortHistory.acquire(1, .granted, 0, 1), ShortHistory.settle(1, 1, 7, .settled, 2, 3),
        ShortHistory.read(4, 30, held: 30, slots: 1, 4, 5),
      ]),
    Case(
      "a settlement counts twice",
      [
        ShortHistory.acquire(1, .granted, 0, 1), ShortHistory.settle(1, 1, 7, .settled, 2, 3),
        ShortHistory.settle(1, 1, 7, .settled, 2, 3),
      ]),
    Case(
      "what was refused has an effect",
      [
        ShortHistory.acquire(1, .granted, 0, 1), ShortHistory.acquire(2, .granted, 0, 1),
        ShortHistory.acquire(3, .denied(by: .slots, used: 2), 2, 3),
        ShortHistory.read(12, 90, held: 90, slots: 3, 4, 5),
      ]),
    Case(
      "refused though there was room",
      [ShortHistory.acquire(1, .granted, 0, 1), ShortHistory.acquire(2, .denied(by: .slots, used: 1), 2, 3)]),
    Case(
      "refused by a limit that has room",
      [
        ShortHistory.acquire(1, .granted, 0, 1), ShortHistory.acquire(2, .granted, 0, 1),
        ShortHistory.acquire(3, .denied(by: .money, used: 60), 2, 3),
      ]),
    Case(
      "a stale read",
      [
        ShortHistory.acquire(1, .granted, 0, 1), ShortHistory.read(0, 0, held: 0, slots: 0, 2, 3),
      ]),
    Case(
      "two reads see time run backwards",
      [
        ShortHistory.acquire(1, .granted, 0, 9), ShortHistory.read(4, 30, held: 30, slots: 1, 1, 2),
        ShortHistory.read(0, 0, held: 0, slots: 0, 3, 4),
      ]),
    Case(
      "what has an unknown outcome takes effect before it was made",
      [ShortHistory.read(4, 30, held: 30, slots: 1, 0, 1), ShortHistory.acquire(1, .unknown, 2, nil)]),
    Case(
      "an unknown grant takes effect twice",
      [
        ShortHistory.acquire(1, .unknown, 0, nil), ShortHistory.read(8, 60, held: 60, slots: 2, 1, 2),
      ]),
    Case(
      "a permit that a caller holds is taken back",
      [
        ShortHistory.acquire(1, .granted, 0, 1), ShortHistory.read(0, 0, held: 0, slots: 0, 2, 3),
        ShortHistory.settle(1, 4, 30, .settled, 4, 5),
      ]),
    Case(
      "settled late though it was never abandoned",
      [ShortHistory.acquire(1, .granted, 0, 1), ShortHistory.settle(1, 1, 1, .late, 2, 3)]),
  ]

  @Test(arguments: right) func aRightHistoryIsAccepted(_ history: Case) {
    guard case .linearizable(let order) = ShortHistory.verdict(history.calls) else {
      Issue.record("\(ShortHistory.verdict(history.calls))")
      return
    }
    // The order is one that explains it.
    var state: Limiter.State? = ShortHistory.limits.initial
    for position in order {
      state = state.flatMap { ShortHistory.limits.state(after: history.calls[position].call, in: $0) }
    }
    #expect(state != nil)
    #expect(ShortHistory.isLinearizableByAllOrders(history.calls))
  }

  @Test(arguments: wrong) func aWrongAnswerIsFound(_ history: Case) {
    guard case .violated = ShortHistory.verdict(history.calls) else {
      Issue.record("\(ShortHistory.verdict(history.calls))")
      return
    }
    #expect(!ShortHistory.isLinearizableByAllOrders(history.calls))
  }

  @Test func aSearchThatIsTooLongSaysSo() {
    let many =
      (0..<64).map { ShortHistory.acquire($0, .unknown, 0, nil) } + [
        ShortHistory.read(1, 1, held: 1, slots: 1, 1, 2)
      ]
    #expect(ShortHistory.verdict(many) == .undecided, "more than 64 calls")
    let few = Array(many.dropFirst(34))
    #expect(LinearizabilityChecker.check(few, ShortHistory.limits, mostTried: 100) == .undecided)
  }
}
