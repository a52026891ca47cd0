import HeapModule

/// The permits of this process, by id, and when they end, unless they are settled or renewed before.
package struct HoldTracker: Sendable {
  private struct Ending: Sendable, Comparable {
    var at: Int64
    var id: String

    static func < (left: Ending, right: Ending) -> Bool { left.at < right.at }
  }

  private var held: [String: (permit: HeldPermit, until: Int64)] = [:]
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
    held[id] = (permit, end)
    endings.insert(Ending(at: end, id: id))
    // Endings of settled permits stay in the heap until they are due, or until they are most of it.
    if endings.count > 2 * held.count + 1_024 {
      endings = Heap(held.map { Ending(at: $0.value.until, id: $0.key) })
    }
  }

  /// A permit ended. False when it was not held.
  @discardableResult
  package mutating func end(_ id: String) -> Bool {
    held.removeValue(forKey: id) != nil
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
      expired.append(permit)
    }
    return expired
  }

  /// When the next one may be over.
  package var next: Int64? { endings.min?.at }

  /// All permits end at once: their session is over.
  package mutating func removeAll() {
    held = [:]
    endings = Heap()
  }
}

/// A permit that this process holds.
package struct HeldPermit: Sendable {
  /// What is sent when its time is over.
  package var item: SettleBatch.Item
  /// The limits whose slots that gives back.
  package var freed: [LimitID]

  package init(item: SettleBatch.Item, freed: [LimitID]) {
    self.item = item
    self.freed = freed
  }
}
