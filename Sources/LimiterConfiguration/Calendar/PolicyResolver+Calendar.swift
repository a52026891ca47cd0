package import LimiterCore
internal import Synchronization

extension PolicyResolver {
  /// A resolver whose budgets' periods are those of the policy's time zone; `nil` when that is unknown.
  package init?(policy: Policy) {
    guard let calendar = BudgetCalendar(timeZone: policy.timeZone) else { return nil }
    let periods = PeriodSource(calendar)
    self.init(policy: policy) { periods.period($0, at: $1) }
  }
}

/// A calendar that several threads may ask.
private final class PeriodSource: Sendable {
  private let calendar: Mutex<BudgetCalendar>

  init(_ calendar: BudgetCalendar) {
    self.calendar = Mutex(calendar)
  }

  func period(_ kind: BudgetPeriodKind, at time: ServerTime) -> BudgetPeriod {
    calendar.withLock { $0.period(kind, at: time) }
  }
}
