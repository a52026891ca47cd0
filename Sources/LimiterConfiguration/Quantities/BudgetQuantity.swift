public import LimiterCore

/// Money per calendar period, such as `5.00 USD/day`, or once, such as `1.00 USD`.
public struct BudgetQuantity: Sendable, Hashable {
  /// At most this much per period, in nanodollars; 1 or more.
  public var nanodollars: Int64
  /// The period; `lifetime` when none was given.
  public var period: BudgetPeriodKind

  /// Money per period.
  public init(nanodollars: Int64, period: BudgetPeriodKind) {
    self.nanodollars = nanodollars
    self.period = period
  }
}
