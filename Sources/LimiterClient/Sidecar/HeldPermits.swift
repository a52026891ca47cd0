internal import NIOCore

/// The permits that callers of this client got and have not settled. What limiterd has beyond them, nobody here knows of.
struct HeldPermits {
  private var until: [String: NIODeadline] = [:]
  private var pruneAt = SidecarBounds.heldPermits

  func contains(_ id: String) -> Bool { until[id] != nil }

  mutating func add(_ id: String, until deadline: NIODeadline, now: NIODeadline) {
    until[id] = deadline
    guard until.count >= pruneAt else { return }
    // Permits that nobody settles: limiterd has ended them long ago.
    until = until.filter { $0.value > now }
    pruneAt = max(SidecarBounds.heldPermits, 2 * until.count)
  }

  /// It is held until another time.
  mutating func renew(_ id: String, until deadline: NIODeadline) {
    if until[id] != nil { until[id] = deadline }
  }

  mutating func remove(_ id: String) { until[id] = nil }

  /// Those that limiterd does not hold, though they were granted.
  func missing(from ids: Set<String>) -> [String] {
    until.keys.filter { !ids.contains($0) }
  }
}
