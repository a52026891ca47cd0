internal import LimiterCore

/// Where the session of an engine stands.
struct SessionState {
  enum Phase {
    case none
    case opening(String)
    case open(String)
  }

  var phase = Phase.none
  var clock = ServerClock()
  /// Until when the permits of the session are surely its own, on the local monotonic clock.
  var leaseUntil: Int64?
  /// The domain's state as it was first seen.
  var epoch: String?
  /// The one before, of which is not known yet why it is over.
  var lost: String?
  /// Since when there is none, or Redis is being told what it does not know.
  var askedAt: Int64?
  var failures = 0
  /// Heartbeats that were answered.
  var heartbeats = 0
  /// The store's connections when the last answer to one came.
  var connections = 0
  /// Why the last attempt to open or renew it got no answer.
  var lastError: (any Error)?

  /// The server has said how long the session lives.
  mutating func extendLease(of id: String, until end: Int64) {
    guard case .open(id) = phase else { return }
    leaseUntil = max(leaseUntil ?? end, end)
  }
}
