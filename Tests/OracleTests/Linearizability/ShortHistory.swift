import Oracle

typealias Limiter = LimiterSpecification
typealias Timed = TimedCall<LimiterSpecification.Call>

/// Limits of 10 tokens, 100 nanodollars and 2 slots; each call asks for 4 tokens and 30 nanodollars.
enum ShortHistory {
  static let limits = Limiter(tokens: 10, money: 100, slots: 2)
  static let asked = Limiter.Amounts(tokens: 4, money: 30)

  static func acquire(_ permit: Int, _ admission: Limiter.Admission, _ from: Int64, _ to: Int64?) -> Timed {
    Timed(.acquire(permit: permit, asked, admission), invoked: from, answered: to)
  }

  static func settle(
    _ permit: Int, _ tokens: Int64, _ money: Int64, _ answer: Limiter.Settled, _ from: Int64, _ to: Int64?
  ) -> Timed {
    Timed(.end(permit: permit, .used(.init(tokens: tokens, money: money)), answer), invoked: from, answered: to)
  }

  static func abandon(_ permit: Int, _ answer: Limiter.Settled, _ from: Int64, _ to: Int64?) -> Timed {
    Timed(.end(permit: permit, .abandoned, answer), invoked: from, answered: to)
  }

  static func takeBack(_ permit: Int, _ from: Int64) -> Timed {
    Timed(.takeBack(permit: permit), invoked: from, answered: nil)
  }

  static func read(_ tokens: Int64, _ money: Int64, held: Int64, slots: Int64, _ from: Int64, _ to: Int64) -> Timed {
    Timed(.read(tokens: tokens, money: money, held: held, slots: slots), invoked: from, answered: to)
  }

  static func verdict(_ calls: [Timed]) -> LinearizabilityChecker<Limiter>.Verdict {
    LinearizabilityChecker.check(calls, limits)
  }

  /// All orders, one after the other: slow, and too simple to be wrong.
  static func isLinearizableByAllOrders(_ calls: [Timed]) -> Bool {
    func place(_ placed: Set<Int>, _ state: Limiter.State) -> Bool {
      let left = calls.indices.filter { !placed.contains($0) }
      if left.allSatisfy({ calls[$0].answered == nil }) { return true }
      return left.contains { next in
        let isFirst = left.allSatisfy { other in calls[other].answered.map { $0 >= calls[next].invoked } ?? true }
        guard isFirst, let after = limits.state(after: calls[next].call, in: state) else { return false }
        return place(placed.union([next]), after)
      }
    }
    return place([], limits.initial)
  }
}
