/// An operator's correction of one window or budget.
package struct Adjustment: Sendable, Hashable {
  /// How much was really added; a negative correction stops at zero.
  package var applied: Int64
  /// What is used after it.
  package var used: Int64
  /// What was asked for when the operation was done: another amount than now, if its name was used again.
  package var asked: Int64
  /// Whether the operation was done to this limit, or its name was used for another one before.
  package var isOfThisLimit = true

  package init(applied: Int64, used: Int64, asked: Int64, isOfThisLimit: Bool = true) {
    self.applied = applied
    self.used = used
    self.asked = asked
    self.isOfThisLimit = isOfThisLimit
  }
}

extension ReferenceStore {
  /// Corrects a window or a budget, as `adjust.lua` does; once per operation. `nil` for concurrency.
  package mutating func adjust(
    _ limit: EffectiveLimit, by asked: Int64, operation: String, at time: ServerTime
  ) -> Adjustment? {
    if limit.isConcurrency { return nil }
    let name = limit.isBudget ? limit.keyName : limit.id.rawValue
    if let (before, limit) = adjusted[operation] {
      var answer = before
      answer.isOfThisLimit = limit == name
      return answer
    }
    let now = stamp(time)
    var answer = Adjustment(applied: 0, used: 0, asked: asked)
    switch limit.allowance {
    case .concurrency: return nil
    case .budget:
      var budget = budgets[limit.keyName] ?? Budget()
      answer.applied = max(min(asked, max(LimiterBounds.amount - budget.spent, 0)), -budget.spent)
      budget.spent += answer.applied
      budgets[limit.keyName] = budget
      answer.used = budget.spent
    case .window(_, let length):
      var log = windows[limit.id] ?? WindowLog()
      let amount = min(asked, max(LimiterBounds.amount - log.sum, 0))
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
    adjusted[operation] = (answer, name)
    if !limit.isBudget, answer.applied < 0 { wake([limit.id], now: now) }
    return answer
  }
}
