import HeapModule

/// When the permits of this process end, unless they are settled or renewed before.
package struct HoldTracker: Sendable {
  private struct Ending: Sendable, Comparable {
    var at: Int64
    var permit: String

    static func < (left: Ending, right: Ending) -> Bool { left.at < right.at }
  }

  private var until: [String: Int64] = [:]
  private var endings = Heap<Ending>()

  /// A tracker of nothing.
  package init() {}

  /// Permits that are held.
  package var count: Int { until.count }

  /// A permit is held until an instant (microseconds of the local monotonic clock); again: renewed until then.
  package mutating func hold(_ permit: String, until end: Int64) {
    until[permit] = end
    endings.insert(Ending(at: end, permit: permit))
    // Endings of settled permits stay in the heap until they are due, or until they are most of it.
    if endings.count > 2 * until.count + 1_024 {
      endings = Heap(until.map { Ending(at: $0.value, permit: $0.key) })
    }
  }

  /// A permit ended. False when it was not held.
  @discardableResult
  package mutating func end(_ permit: String) -> Bool {
    until.removeValue(forKey: permit) != nil
  }

  /// Whether a permit is held.
  package func isHeld(_ permit: String) -> Bool {
    until[permit] != nil
  }

  /// Ends and returns the permits whose time is over.
  package mutating func expire(at now: Int64) -> [String] {
    var expired: [String] = []
    while let first = endings.min, first.at <= now {
      endings.removeMin()
      // A renewed permit has a later ending as well.
      guard let end = until[first.permit], end <= now else { continue }
      until[first.permit] = nil
      expired.append(first.permit)
    }
    return expired
  }

  /// When the next one may be over.
  package var next: Int64? { endings.min?.at }

  /// All permits end at once: their session is over.
  package mutating func removeAll() {
    until = [:]
    endings = Heap()
  }
}
