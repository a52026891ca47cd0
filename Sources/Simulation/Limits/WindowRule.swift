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
  package var description: String { "\(name)=\(amount)/\(DurationText.format(length))" }
}
