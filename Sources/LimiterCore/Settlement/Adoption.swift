/// What became of a permit that another session was to hold.
package enum Adoption: Int64, Sendable, Hashable {
  /// Unknown, or settled.
  case gone = 0
  /// It is the new session's, under its id as a name.
  case held = 1
  /// It had ended as abandoned: its slots are free, and a late settlement still counts.
  case lost = 2
  /// It was granted to that session, and never left it.
  case own = 3
}
