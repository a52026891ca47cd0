/// Calls that wait for a limit and have a better rank than another one.
package struct CallsAhead: Sendable, Hashable {
  package private(set) var count = 0
  /// What they need of the limit together.
  package private(set) var amount: Int64 = 0

  package init() {}

  package mutating func add(_ amount: Int64) {
    count += 1
    add(sum: amount)
  }

  package mutating func add(_ others: CallsAhead) {
    count += others.count
    add(sum: others.amount)
  }

  /// How many of them hold up a call that needs `needed` of the limit: none where there is room for all of them and for it, as `contended.lua` has it.
  /// Whoever waits stands in the queues of all of its limits, also of those that have plenty of room.
  package func holdingUp(_ needed: Int64, used: Int64, allowed: Int64) -> Int {
    let (left, isBelow) = allowed.subtractingReportingOverflow(used)
    guard !isBelow, left >= needed, left - needed >= amount else { return count }
    return 0
  }

  /// Amounts are below 2^53, but there may be thousands.
  private mutating func add(sum: Int64) {
    let (sum, isAbove) = amount.addingReportingOverflow(sum)
    amount = isAbove ? .max : sum
  }
}
