/// What a history says of one permit.
package struct PermitFate: Sendable, Hashable {
  package enum End: String, Sendable, Hashable {
    /// Settled or given back; what it costs is in the counters.
    case ended
    /// Charged as reserved, and listed.
    case abandoned
    /// Settled or given back after it had been abandoned.
    case endedLate
  }

  /// What it reserved, by the key's name: `window:requests`, `budget:run:r-1:all` ...
  package var amounts: [String: Int64]
  /// Server time of the grant, in microseconds.
  package var grantedAt: Int64
  /// How it ended; `nil`: it is held.
  package var end: End?
  /// The server's clock when its slots became free, in whole seconds; `nil`: it is held, or the history has no annotations.
  package var endSecond: Int64?

  package init(amounts: [String: Int64], grantedAt: Int64) {
    self.amounts = amounts
    self.grantedAt = grantedAt
  }
}
