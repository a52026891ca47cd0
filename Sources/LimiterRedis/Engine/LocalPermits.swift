internal import LimiterCore

/// Permits that the local share has granted, and of which Redis was not told, by id.
struct LocalPermits {
  private(set) var all: [String: Announcement.Permit] = [:]
  private var slots: [LimitID: Int64] = [:]

  subscript(id: String) -> Announcement.Permit? { all[id] }

  /// How many slots of a limit they hold.
  func slots(of limit: LimitID) -> Int64 { slots[limit] ?? 0 }

  /// Once more: with another end.
  mutating func insert(_ permit: Announcement.Permit) {
    if all.updateValue(permit, forKey: permit.id) == nil { count(permit, 1) }
  }

  mutating func remove(_ id: String) {
    if let permit = all.removeValue(forKey: id) { count(permit, -1) }
  }

  private mutating func count(_ permit: Announcement.Permit, _ sign: Int64) {
    for need in permit.needs where need.limit.isConcurrency { slots[need.limit.id, default: 0] += sign * need.amount }
  }
}
