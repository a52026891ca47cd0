/// One period of a budget: its name in keys, and when it starts and ends at server time.
///
/// The name is part of the budget's key (`budget:<limit>:<name>`), so that nothing is ever reset: a new period is a new key.
public struct BudgetPeriod: Sendable, Hashable {
  /// Such as `2026-11-23`; `all` for a budget that never starts anew. Letters, digits, `-` and `+` only.
  public var name: String
  /// The first instant of the period.
  public var start: ServerTime
  /// The first instant after the period; `nil`: it never ends.
  public var end: ServerTime?

  /// A period.
  public init(name: String, start: ServerTime, end: ServerTime?) {
    self.name = name
    self.start = start
    self.end = end
  }

  /// The period of a budget that never starts anew, such as a run's.
  public static let lifetime = BudgetPeriod(name: "all", start: ServerTime(microseconds: 0), end: nil)

  /// Whether an instant lies in this period.
  public func contains(_ time: ServerTime) -> Bool {
    guard time >= start else { return false }
    guard let end else { return true }
    return time < end
  }
}

extension BudgetPeriodKind {
  /// As people are told it: that of a budget that never starts anew is called as its period is, in keys and everywhere.
  package var shown: String { self == .lifetime ? BudgetPeriod.lifetime.name : rawValue }
}
