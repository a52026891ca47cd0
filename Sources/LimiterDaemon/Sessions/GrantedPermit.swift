import LimiterClient

/// A permit that a session of this daemon holds.
struct GrantedPermit {
  var permit: Permit
  /// How long it is held, in microseconds, from a grant or a renewal on.
  var hold: Int64
  /// Until when, on the engine's clock.
  var until: Int64
  unowned var session: WorkerSession
}
