import DequeModule

/// The commands that wait for a connection, in the order in which they will be sent.
struct WaitingCommands<Command, Instant: Comparable> {
  private struct Entry {
    let command: Command
    let deadline: Instant
    let byteCount: Int
  }

  private var entries = Deque<Entry>()
  private(set) var byteCount = 0

  var count: Int { entries.count }

  mutating func append(_ command: Command, deadline: Instant, byteCount: Int) {
    entries.append(Entry(command: command, deadline: deadline, byteCount: byteCount))
    self.byteCount += byteCount
  }

  func earliestDeadline() -> Instant? {
    entries.lazy.map(\.deadline).min()
  }

  /// Takes out those whose time has run out.
  mutating func removeExpired(now: Instant) -> [Command] {
    remove { $0.deadline <= now }
  }

  /// Takes out those of which `isGone` says that nobody waits any more.
  mutating func removeAbandoned(where isGone: (Command) -> Bool) {
    _ = remove { isGone($0.command) }
  }

  /// A connection is ready, or will never be: all of them, in order.
  mutating func removeAll() -> [Command] {
    remove { _ in true }
  }

  private mutating func remove(where isRemoved: (Entry) -> Bool) -> [Command] {
    var removed: [Command] = []
    entries.removeAll { entry in
      guard isRemoved(entry) else { return false }
      removed.append(entry.command)
      byteCount -= entry.byteCount
      return true
    }
    return removed
  }
}
