/// A provider's own sliding window: what arrived in (t-W, t], one entry per accepted call. It knows nothing of the limiter.
struct ProviderWindow {
  private struct Entry {
    var at: Int64
    var amount: Int64
  }

  let rule: WindowRule
  private var entries: [Entry] = []
  private var first = 0
  private var used: Int64 = 0

  init(_ rule: WindowRule) { self.rule = rule }

  /// - Parameter now: microseconds of a clock that never goes back.
  mutating func used(at now: Int64) -> Int64 {
    while first < entries.count, entries[first].at <= now - rule.lengthMicroseconds {
      used -= entries[first].amount
      first += 1
    }
    if first > 4_096, first * 2 > entries.count {
      entries.removeFirst(first)
      first = 0
    }
    return used
  }

  mutating func remaining(at now: Int64) -> Int64 { max(0, rule.amount - used(at: now)) }

  mutating func count(_ amount: Int64, at now: Int64) {
    entries.append(Entry(at: now, amount: amount))
    used += amount
  }

  /// Microseconds until this amount fits; `nil` if it never does.
  mutating func wait(for amount: Int64, at now: Int64) -> Int64? {
    guard amount <= rule.amount else { return nil }
    var over = used(at: now) + amount - rule.amount
    for entry in entries[first...] {
      if over <= 0 { break }
      over -= entry.amount
      if over <= 0 { return entry.at + rule.lengthMicroseconds - now }
    }
    return 0
  }

  /// Microseconds until the window is empty.
  mutating func reset(at now: Int64) -> Int64 {
    _ = used(at: now)
    return entries[first...].last.map { $0.at + rule.lengthMicroseconds - now } ?? 0
  }
}
