/// What is used of one limit, as an onlooker sees it.
package enum LimitUsage: Sendable, Hashable {
  /// Used, entries in the log, and the stamp of the oldest live entry.
  case window(used: Int64, entries: Int64, oldest: ServerTime?)
  case budget(spent: Int64, held: Int64)
  case concurrency(held: Int64, sessions: Int64)
}

extension ReferenceStore {
  /// The names of the permits that a session holds.
  package func permits(of session: String) -> [String] { (sessions[session]?.permits.keys).map { $0.sorted() } ?? [] }

  /// What is used of limits, as `inspect.lua` says it.
  package func inspect(_ limits: [EffectiveLimit], at time: ServerTime) -> [LimitUsage] {
    let now = max(time.microseconds, last)
    return limits.map { limit in
      switch limit.allowance {
      case .window(_, let length):
        let log = windows[limit.id] ?? WindowLog()
        let oldest = log.entries.first { $0.stamp > now - length }
        return .window(
          used: log.live(after: now - length), entries: Int64(log.entries.count),
          oldest: oldest.map { ServerTime(microseconds: $0.stamp) })
      case .budget:
        let budget = budgets[limit.keyName] ?? Budget()
        return .budget(spent: budget.spent, held: budget.held)
      case .concurrency:
        let holders = slots[limit.id] ?? [:]
        return .concurrency(held: holders.values.reduce(0, +), sessions: Int64(holders.count))
      }
    }
  }
}
