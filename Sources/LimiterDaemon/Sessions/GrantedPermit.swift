import LimiterClient
import LimiterCore

/// A permit that a session of this daemon holds.
final class GrantedPermit {
  let permit: Permit
  /// Where its record is in Redis: not what its id says, if this daemon has adopted it.
  let place: PermitPlace
  /// How long it is held, in microseconds, from a grant or a renewal on.
  var hold: Int64
  /// Until when, on the engine's clock.
  var until: Int64
  unowned var session: WorkerSession

  init(permit: Permit, place: PermitPlace, hold: Int64, until: Int64, session: WorkerSession) {
    self.permit = permit
    self.place = place
    self.hold = hold
    self.until = until
    self.session = session
  }

  /// Its end, as it is sent to Redis.
  func item(ending: SettleBatch.Ending) -> SettleBatch.Item { permit.item(at: place, ending: ending) }
}

/// A permit that can be settled, whoever holds it.
struct FoundPermit {
  var permit: Permit
  var place: PermitPlace
}
