internal import NIOCore

/// The permits that callers of this client got and have not settled. What limiterd has beyond them, nobody here knows of.
struct HeldPermits {
  private struct Hold {
    var until: NIODeadline
    /// A caller has renewed it: Redis does not know of that.
    var isRenewed = false
  }

  private var holds: [String: Hold] = [:]
  private var pruneAt = SidecarBounds.heldPermits

  func contains(_ id: String) -> Bool { holds[id] != nil }

  mutating func add(_ id: String, until deadline: NIODeadline, now: NIODeadline) {
    holds[id] = Hold(until: deadline)
    guard holds.count >= pruneAt else { return }
    // Permits that nobody settles: limiterd has ended them long ago.
    holds = holds.filter { $0.value.until > now }
    pruneAt = max(SidecarBounds.heldPermits, 2 * holds.count)
  }

  /// Its caller holds it until another time.
  mutating func renew(_ id: String, until deadline: NIODeadline) {
    if holds[id] != nil { holds[id] = Hold(until: deadline, isRenewed: true) }
  }

  /// Until when its caller has renewed it; `nil`: it is held for as long as it was granted.
  func renewedUntil(_ id: String) -> NIODeadline? {
    holds[id].flatMap { $0.isRenewed ? $0.until : nil }
  }

  /// Another limiterd holds it now.
  mutating func adopted(_ id: String, until deadline: NIODeadline) { holds[id]?.until = deadline }

  mutating func remove(_ id: String) { holds[id] = nil }

  /// Those that limiterd does not hold, though they were granted.
  func missing(from ids: Set<String>) -> [String] {
    holds.keys.filter { !ids.contains($0) }
  }
}
