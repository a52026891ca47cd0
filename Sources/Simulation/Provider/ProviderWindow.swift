/// A provider's own window. It knows nothing of the limiter.
struct ProviderWindow {
  private struct Entry {
    var at: Int64
    var amount: Int64
  }

  let rule: WindowRule
  let algorithm: WindowAlgorithm
  // sliding: one entry per accepted call.
  private var entries: [Entry] = []
  private var first = 0
  private var used: Int64 = 0
  // fixed: which window; bucket: the last look, and the part of a unit that was refilled.
  private var mark: Int64 = 0
  private var part: Int64 = 0

  init(_ rule: WindowRule, _ algorithm: WindowAlgorithm = .sliding) {
    self.rule = rule
    self.algorithm = algorithm
  }

  /// - Parameter now: microseconds of a clock that never goes back.
  mutating func used(at now: Int64) -> Int64 {
    switch algorithm {
    case .sliding:
      while first < entries.count, entries[first].at <= now - rule.lengthMicroseconds {
        used -= entries[first].amount
        first += 1
      }
      if first > 4_096, first * 2 > entries.count {
        entries.removeFirst(first)
        first = 0
      }
    case .fixed:
      let window = now / rule.lengthMicroseconds
      if window != mark { (mark, used) = (window, 0) }
    case .bucket:
      // In whole units; what is left of the division is kept.
      let elapsed = min(now - mark, rule.lengthMicroseconds)
      let refill = elapsed.multipliedFullWidth(by: rule.amount)
      let (whole, rest) = rule.lengthMicroseconds.dividingFullWidth(refill)
      used = max(used - whole - (part + rest) / rule.lengthMicroseconds, 0)
      part = used == 0 ? 0 : (part + rest) % rule.lengthMicroseconds
      mark = now
    }
    return used
  }

  mutating func remaining(at now: Int64) -> Int64 { max(0, rule.amount - used(at: now)) }

  mutating func count(_ amount: Int64, at now: Int64) {
    _ = used(at: now)
    if algorithm == .sliding { entries.append(Entry(at: now, amount: amount)) }
    used += amount
  }

  /// Microseconds until this amount fits; `nil` if it never does.
  mutating func wait(for amount: Int64, at now: Int64) -> Int64? {
    guard amount <= rule.amount else { return nil }
    var over = used(at: now) + amount - rule.amount
    guard over > 0 else { return 0 }
    switch algorithm {
    case .sliding:
      for entry in entries[first...] {
        over -= entry.amount
        if over <= 0 { return entry.at + rule.lengthMicroseconds - now }
      }
      return 0
    case .fixed: return (mark + 1) * rule.lengthMicroseconds - now
    case .bucket: return refillTime(over)
    }
  }

  /// Microseconds until the window is empty.
  mutating func reset(at now: Int64) -> Int64 {
    let used = used(at: now)
    switch algorithm {
    case .sliding: return entries[first...].last.map { $0.at + rule.lengthMicroseconds - now } ?? 0
    case .fixed: return (mark + 1) * rule.lengthMicroseconds - now
    case .bucket: return refillTime(used)
    }
  }

  /// Microseconds, rounded up, until so much is refilled.
  private func refillTime(_ amount: Int64) -> Int64 {
    Int64((Double(amount) * Double(rule.lengthMicroseconds) / Double(rule.amount)).rounded(.up)) + 1
  }
}
