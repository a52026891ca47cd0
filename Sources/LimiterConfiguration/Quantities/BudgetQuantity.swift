public import LimiterCore

/// Money per calendar period, such as `5.00 USD/day`, or once, such as `1.00 USD`; requests or tokens in the same way, `40 requests`.
public struct BudgetQuantity: Sendable, Hashable {
  /// Money, requests, or tokens of a kind.
  public var unit: Unit
  /// At most this much per period; 1 or more. Money in nanodollars.
  public var amount: Int64
  /// The period; `lifetime` when none was given.
  public var period: BudgetPeriodKind

  /// An amount per period.
  public init(unit: Unit, amount: Int64, period: BudgetPeriodKind) {
    self.unit = unit
    self.amount = amount
    self.period = period
  }

  /// Money per period.
  public init(nanodollars: Int64, period: BudgetPeriodKind) {
    self.init(unit: .nanodollars, amount: nanodollars, period: period)
  }
}
