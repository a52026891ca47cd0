/// Judges a plain list of calls against sliding windows, by counting again for every accepted call from the list alone.
///
///     t-W          t       for each accepted call at t: the sum of the accepted ones in (t-W, t] is at most the limit
///      (-----------]
///
/// A window's worst instant is always the arrival of a call, so no other instant needs a look.
package enum ArrivalOracle {
  package struct Rule: Codable, Sendable, Hashable {
    package var name: String
    package var unit: String
    package var amount: Int64
    package var lengthMicroseconds: Int64

    package init(name: String, unit: String, amount: Int64, lengthMicroseconds: Int64) {
      self.name = name
      self.unit = unit
      self.amount = amount
      self.lengthMicroseconds = lengthMicroseconds
    }
  }

  /// - Parameters:
  ///   - arrivals: in any order.
  ///   - invariant: what a finding is called.
  ///   - log: the list's name; a finding's place is that name and the call's number in the order of arrival.
  /// - Complexity: calls times the calls of one window.
  package static func check(
    _ arrivals: [Arrival], rules: [Rule], concurrency: Int64? = nil, invariant: Invariant = .provider, log: String
  ) -> OracleReport {
    var report = OracleReport()
    let accepted = arrivals.filter(\.isAccepted).sorted { $0.atMicroseconds < $1.atMicroseconds }
    for (index, arrival) in accepted.enumerated() {
      // Of calls at the same microsecond the last one sees them all.
      let isLastOfItsInstant =
        index + 1 == accepted.count || accepted[index + 1].atMicroseconds > arrival.atMicroseconds
      let place = Place(file: log, offset: index)
      for (unit, amount) in arrival.amounts where amount < 0 {
        report.add(.form, place, "\(unit): a negative amount, \(amount)")
      }
      guard isLastOfItsInstant else { continue }
      for rule in rules {
        report.checked += 1
        var sum: Int64 = 0
        var back = index
        while back >= 0, accepted[back].atMicroseconds > arrival.atMicroseconds - rule.lengthMicroseconds {
          sum += accepted[back].amounts[rule.unit] ?? 0
          back -= 1
        }
        if sum > rule.amount {
          report.add(
            invariant, place,
            "\(rule.name): \(sum) of \(rule.amount) \(rule.unit) in the \(rule.lengthMicroseconds) us up to \(arrival.atMicroseconds)"
          )
        }
      }
    }
    if let concurrency { report.merge(checkConcurrency(accepted, limit: concurrency, invariant, log)) }
    return report
  }

  /// The most that any window of a rule's length has.
  ///
  /// - Complexity: n log n in the calls.
  package static func worst(_ arrivals: [Arrival], rule: Rule) -> Int64 {
    let accepted = arrivals.filter(\.isAccepted).sorted { $0.atMicroseconds < $1.atMicroseconds }
    var (first, sum, worst) = (0, Int64(0), Int64(0))
    for (index, arrival) in accepted.enumerated() {
      sum += arrival.amounts[rule.unit] ?? 0
      while accepted[first].atMicroseconds <= arrival.atMicroseconds - rule.lengthMicroseconds {
        sum -= accepted[first].amounts[rule.unit] ?? 0
        first += 1
      }
      // Of calls at the same microsecond the last one sees them all.
      if index + 1 == accepted.count || accepted[index + 1].atMicroseconds > arrival.atMicroseconds {
        worst = max(worst, sum)
      }
    }
    return worst
  }

  /// Calls that are open at once: each counts from its arrival until its end (for ever, if that is not known).
  private static func checkConcurrency(
    _ accepted: [Arrival], limit: Int64, _ invariant: Invariant, _ log: String
  ) -> OracleReport {
    var report = OracleReport()
    var ends: [Int64] = accepted.compactMap(\.untilMicroseconds).sorted(by: >)
    var open: Int64 = 0
    for (index, arrival) in accepted.enumerated() {
      while let end = ends.last, end <= arrival.atMicroseconds {
        ends.removeLast()
        open -= 1
      }
      open += 1
      report.checked += 1
      if open > limit {
        report.add(
          invariant, Place(file: log, offset: index), "concurrency: \(open) of \(limit) at \(arrival.atMicroseconds)")
      }
    }
    return report
  }
}
