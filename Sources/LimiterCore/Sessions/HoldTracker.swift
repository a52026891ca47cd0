import HeapModule

/// The permits of this process, by id, and when they end, unless they are settled or renewed before.
package struct HoldTracker: Sendable {
  private struct Ending: Sendable, Comparable {
    var at: Int64
    var id: String

    static func < (left: Ending, right: Ending) -> Bool { left.at < right.at }
  }

  private var held: [String: (permit: HeldPermit, until: Int64)] = [:]
  private var slotCounts: [LimitID: Int64] = [:]
  private var endings = Heap<Ending>()

  /// A tracker of nothing.
  package init() {}

  /// Permits that are held.
  package var count: Int { held.count }

  /// Their ids.
  package var ids: some Collection<String> { held.keys }

  /// A permit is held until an instant (microseconds of the local monotonic clock); again: renewed until then.
  package mutating func hold(_ permit: HeldPermit, until end: Int64) {
    let id = permit.item.id
    if held.updateValue((permit, end), forKey: id) == nil { count(permit, 1) }
    endings.insert(Ending(at: end, id: id))
    // Endings of settled permits stay in the heap until they are due, or until they are most of it.
    if endings.count > 2 * held.count + 1_024 {
      endings = Heap(held.map { Ending(at: $0.value.until, id: $0.key) })
    }
  }

  /// A permit ended. False when it was not held.
  @discardableResult
  package mutating func end(_ id: String) -> Bool {
    guard let permit = held.removeValue(forKey: id)?.permit else { return false }
    count(permit, -1)
    return true
  }

  /// How many slots of a limit its permits hold.
  package func slots(of limit: LimitID) -> Int64 { slotCounts[limit] ?? 0 }

  /// A permit that is held, and until when.
  package subscript(id: String) -> (permit: HeldPermit, until: Int64)? { held[id] }

  /// All that are held.
  package var all: some Collection<(permit: HeldPermit, until: Int64)> { held.values }

  private mutating func count(_ permit: HeldPermit, _ change: Int64) {
    for limit in permit.freed where Self.add(change, to: &slotCounts[limit, default: 0]) == 0 {
      slotCounts[limit] = nil
    }
  }

  private static func add(_ change: Int64, to count: inout Int64) -> Int64 {
    count += change
    return count
  }

  /// Whether a permit is held.
  package func isHeld(_ id: String) -> Bool {
    held[id] != nil
  }

  /// Ends and returns the permits whose time is over.
  package mutating func expire(at now: Int64) -> [HeldPermit] {
    var expired: [HeldPermit] = []
    while let first = endings.min, first.at <= now {
      endings.removeMin()
      // A renewed permit has a later ending as well.
      guard let end = held[first.id]?.until, end <= now, let permit = held.removeValue(forKey: first.id)?.permit
      else { continue }
      count(permit, -1)
      expired.append(permit)
    }
    return expired
  }

  /// When the next one may be over.
  package var next: Int64? { endings.min?.at }

  /// All permits end at once: their session is over.
  package mutating func removeAll() {
    held = [:]
    slotCounts = [:]
    endings = Heap()
  }
}

/// A permit that this process holds.
package final class HeldPermit: Sendable {
  /// What is sent when its time is over.
  package let item: SettleBatch.Item
  /// The limits whose slots that gives back.
  package let freed: [LimitID]
  /// What it has reserved, for a Redis that has lost its record.
  package let needs: [LimitNeed]

  package init(item: SettleBatch.Item, freed: [LimitID], needs: [LimitNeed] = []) {
    self.item = item
    self.freed = freed
    self.needs = needs
  }
}
