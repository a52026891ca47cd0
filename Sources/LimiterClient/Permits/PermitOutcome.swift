/// What became of a call that needs a permit.
public enum PermitOutcome<Value> {
  /// It was made.
  case completed(Value)
  /// It was not made.
  case denied(Denial)

  /// What it gave, if it was made.
  public var value: Value? {
    if case .completed(let value) = self { value } else { nil }
  }

  /// The denial, if it is one.
  public var denial: Denial? {
    if case .denied(let denial) = self { denial } else { nil }
  }
}

extension PermitOutcome: Sendable where Value: Sendable {}
