public import LimiterCore

/// What is used of one limit.
public struct LimitStatus: Sendable, Hashable {
  /// The limit.
  public var limit: LimitID
  /// What it allows, headroom applied, in its unit.
  public var allowed: Int64
  /// What is used: of a window what has not left it, of a budget what is spent and held, of concurrency the slots.
  public var used: Int64
  /// Of a budget, the part that live permits hold; 0 for others.
  public var held: Int64
  /// The budget's period; `nil` for others.
  public var period: BudgetPeriod?
  /// What it counts; `nil`: slots.
  public var unit: Unit?

  /// What is left; never negative.
  public var remaining: Int64 { max(allowed - used, 0) }

  init(limit: LimitID, allowed: Int64, used: Int64, held: Int64, period: BudgetPeriod?, unit: Unit?) {
    self.limit = limit
    self.allowed = allowed
    self.used = used
    self.held = held
    self.period = period
    self.unit = unit
  }

  init(_ need: LimitNeed, _ usage: LimitUsage) {
    limit = need.limit.id
    allowed = need.limit.amount
    unit = need.unit
    if case .budget(_, let period, _) = need.limit.allowance { self.period = period }
    switch usage {
    case .window(let used, _, _): (self.used, held) = (used, 0)
    case .budget(let spent, let held): (self.used, self.held) = (spent + held, held)
    case .concurrency(let slots, _): (self.used, held) = (slots, 0)
    }
  }
}
