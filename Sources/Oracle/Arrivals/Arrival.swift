/// One call as somebody saw it: a provider in its own log, or a worker that was granted it.
package struct Arrival: Codable, Sendable, Hashable {
  /// When it counts, on any one clock, in microseconds.
  package var atMicroseconds: Int64
  /// When it ended, on the same clock; `nil` if it has not, or if nobody knows.
  package var untilMicroseconds: Int64?
  /// What it counts in each unit: `requests`, `tokens` ...
  package var amounts: [String: Int64]
  package var isAccepted: Bool

  package init(
    atMicroseconds: Int64, untilMicroseconds: Int64? = nil, amounts: [String: Int64], isAccepted: Bool = true
  ) {
    self.atMicroseconds = atMicroseconds
    self.untilMicroseconds = untilMicroseconds
    self.amounts = amounts
    self.isAccepted = isAccepted
  }
}
