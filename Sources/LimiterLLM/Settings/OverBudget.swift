/// What becomes of a call that a budget stops.
public enum OverBudget: String, Sendable, Hashable, CaseIterable {
  /// It fails.
  case stop
  /// The next model of the chain whose price fits is asked.
  case downgrade
  /// The answer is made shorter, to what is left; when that is too little, it fails.
  case shrink
  /// It waits for the budget's next period, if that begins in the model's part of the time.
  case wait
}
