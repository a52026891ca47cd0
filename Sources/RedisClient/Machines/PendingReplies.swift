import DequeModule

/// The commands whose replies are due, in the order in which Redis will answer.
///
/// Replies carry no name: the n-th reply belongs to the n-th command. So nothing ever leaves the middle of this queue. A
/// caller that goes away leaves its entry behind, to swallow its reply; and a reply that is too late ends the connection,
/// because from then on nobody could say which one is missing.
struct PendingReplies<Command, Instant: Comparable> {
  private struct Entry {
    let command: Command
    let deadline: Instant
    let byteCount: Int
  }

  private var entries = Deque<Entry>()
  /// Bytes of all entries.
  private(set) var byteCount = 0

  var count: Int { entries.count }
  var isEmpty: Bool { entries.isEmpty }

  mutating func append(_ command: Command, deadline: Instant, byteCount: Int) {
    entries.append(Entry(command: command, deadline: deadline, byteCount: byteCount))
    self.byteCount += byteCount
  }

  /// A reply has come: whose it is. `nil`: nobody asked for it.
  mutating func popFirst() -> Command? {
    guard let entry = entries.popFirst() else { return nil }
    byteCount -= entry.byteCount
    return entry.command
  }

  /// The earliest deadline of all entries. Linear: deadlines need not be in order. Asked when a timer fires, not per command.
  func earliestDeadline() -> Instant? {
    entries.lazy.map(\.deadline).min()
  }

  /// The connection has ended: every entry, with whether its own time had run out.
  mutating func removeAll(now: Instant) -> [(command: Command, isLate: Bool)] {
    defer {
      entries.removeAll()
      byteCount = 0
    }
    return entries.map { ($0.command, $0.deadline <= now) }
  }
}
