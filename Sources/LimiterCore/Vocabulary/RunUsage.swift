/// What a run has spent of one of its budgets.
public struct RunUsage: Sendable, Hashable {
  /// The run; sub-runs count as their parent.
  public var run: String
  /// The rule of the policy.
  public var rule: String
  /// The budget's period, `all` for one that is spent once.
  public var period: String
  /// What it counts.
  public var unit: Unit
  /// What was used, money in nanodollars.
  public var spent: Int64
  /// What live permits hold.
  public var held: Int64
  /// What the policy allows.
  public var allowed: Int64

  package init(
    run: String, rule: String, period: String, unit: Unit, spent: Int64, held: Int64, allowed: Int64
  ) {
    self.run = run
    self.rule = rule
    self.period = period
    self.unit = unit
    self.spent = spent
    self.held = held
    self.allowed = allowed
  }
}
