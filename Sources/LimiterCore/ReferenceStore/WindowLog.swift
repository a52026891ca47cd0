/// A sliding window's log: amounts by stamp, oldest first, and their running total.
///
/// ```
///        now - length                  now
///  ... x     |   x  x     x      x     |   q      an entry at or left of `now - length` has left
///      ^ dropped later: still counted      ^ end of a quantum: counted from its admission on
/// ```
struct WindowLog: Sendable, Equatable {
  struct Entry: Sendable, Equatable {
    var stamp: Int64
    var amount: Int64
  }

  private(set) var entries: [Entry] = []
  private(set) var sum: Int64 = 0

  /// Drops at most `bound` expired entries; returns whether expired ones are left.
  mutating func prune(upTo cutoff: Int64, bound: Int) -> Bool {
    var count = 0
    while count < entries.count, count < bound, entries[count].stamp <= cutoff { count += 1 }
    if count == bound, let newest = entries.last, newest.stamp <= cutoff {
      entries = []
      sum = 0
      return false
    }
    for entry in entries.prefix(count) { sum -= entry.amount }
    entries.removeFirst(count)
    guard count == bound, let oldest = entries.first else { return false }
    return oldest.stamp <= cutoff
  }

  /// The stamp of a new entry: now, or above the bound the end of its quantum.
  func stamp(at now: Int64, length: Int64, bounds: StoreBounds) -> Int64 {
    let quantum = 2 * (length / (2 * bounds.quanta))
    guard entries.count >= bounds.exactEntries, quantum > 0 else { return now }
    let past = now % quantum
    return past == 0 ? now : now + quantum - past
  }

  /// Adds an amount at a stamp, merging with what stands there.
  mutating func add(_ amount: Int64, at stamp: Int64) {
    sum += amount
    let index = entries.firstIndex { $0.stamp >= stamp } ?? entries.count
    if index < entries.count, entries[index].stamp == stamp {
      entries[index].amount += amount
    } else {
      entries.insert(Entry(stamp: stamp, amount: amount), at: index)
    }
  }

  /// Takes back at most what stands at a stamp; returns how much.
  @discardableResult
  mutating func refund(_ amount: Int64, at stamp: Int64) -> Int64 {
    guard let index = entries.firstIndex(where: { $0.stamp == stamp }) else { return 0 }
    let taken = min(entries[index].amount, amount)
    guard taken > 0 else { return 0 }
    entries[index].amount -= taken
    sum -= taken
    return taken
  }

  /// When `need` units will have left.
  func retry(need: Int64, length: Int64, now: Int64, hasBacklog: Bool, bounds: StoreBounds) -> (at: Int64, exact: Bool)
  {
    var freed: Int64 = 0
    for (index, entry) in entries.prefix(bounds.retryWalk).enumerated() {
      freed += entry.amount
      if freed >= need {
        return (max(entry.stamp + length, now), index < bounds.pruned && !hasBacklog)
      }
    }
    guard let last = entries.prefix(bounds.retryWalk).last else { return (now, false) }
    return (max(last.stamp + length, now), false)
  }

  /// The sum of what has not left.
  func live(after cutoff: Int64) -> Int64 {
    entries.reduce(0) { $1.stamp > cutoff ? $0 + $1.amount : $0 }
  }
}
