/// What an oracle can find broken. The names are those of the design's table of invariants.
package enum Invariant: String, Codable, Sendable, CaseIterable {
  /// In every window (t-W, t] the admitted amount is at most the limit; nothing leaves a window early.
  case window = "I1"
  /// The provider's own count, from its own log.
  case provider = "I2"
  /// Spent and held never pass a budget by an admission; no counter is negative.
  case budget = "I3"
  /// Live slots are at most the limit, and the total is the sum of the sessions.
  case slots = "I4"
  /// One operation, at most one effect.
  case once = "I5"
  /// Denied changes nothing, in any limit.
  case denied = "I7"
  /// The history uses something that the oracle cannot judge, so that silence would prove nothing.
  case form = "form"
}
