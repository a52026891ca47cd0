/// An operator's correction of one window or budget.
package struct Adjustment: Sendable, Hashable {
  /// How much was really added; a negative correction stops at zero.
  package var applied: Int64
  /// What is used after it.
  package var used: Int64

  package init(applied: Int64, used: Int64) {
    self.applied = applied
    self.used = used
  }
}

extension ReferenceStore {
  /// Corrects a window or a budget, as `adjust.lua` does; once per operation. `nil` for concurrency.
  package mutating func adjust(
    _ limit: EffectiveLimit, by amount: Int64, operation: String, at time: ServerTime
  ) -> Adjustment? {
    if limit.isConcurrency { return nil }
    if let before = adjusted[operation] { return before }
    let now = stamp(time)
    var answer: Adjustment
    switch limit.allowance {
    case .concurrency: return nil
    case .budget:
      var budget = budgets[limit.keyName] ?? Budget()
      let applied = max(amount, -budget.spent)
      budget.spent += applied
      budgets[limit.keyName] = budget
      answer = Adjustment(applied: applied, used: budget.spent)
    case .window(_, let length):
      var log = windows[limit.id] ?? WindowLog()
      answer = Adjustment(applied: 0, used: 0)
      if amount > 0 {
        log.add(amount, at: log.stamp(at: now, length: length, bounds: bounds))
        answer.applied = amount
      } else {
        for entry in log.entries.suffix(1_024).reversed() where answer.applied > amount {
          answer.applied -= log.refund(answer.applied - amount, at: entry.stamp)
        }
      }
      answer.used = log.sum
      windows[limit.id] = log
    }
    last = now
    adjusted[operation] = answer
    return answer
  }
}
