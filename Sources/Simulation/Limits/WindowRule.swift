/// So many units in every window of this length.
package struct WindowRule: Codable, Sendable, Hashable, CustomStringConvertible {
  package var unit: AmountUnit
  package var amount: Int64
  package var lengthMicroseconds: Int64

  package init(unit: AmountUnit, amount: Int64, length: Duration) {
    self.unit = unit
    self.amount = amount
    lengthMicroseconds = length.microseconds
  }

  package var name: String { unit.rawValue }
  package var length: Duration { .microseconds(lengthMicroseconds) }

  /// What the limiter may admit of it: a share in thousandths, rounded down because a part of a unit cannot be used, and at
  /// least one unit.
  package func usable(headroomPerMille: Int64) -> Int64 {
    // At most 2^53 x 1,000, which is less than 2^63.
    max(1, amount * headroomPerMille / 1_000)
  }

  /// What it admits in a run of this length: its amount per length; a run that is shorter has one window.
  package func admitted(in duration: Duration) -> Double {
    Double(amount) * max(1, duration.seconds / length.seconds)
  }

  package var description: String { "\(name)=\(amount)/\(DurationText.format(length))" }
}
