import Foundation
public import LimiterCore

/// The periods of budgets in an IANA time zone: their names, and when they start and end at server time.
///
/// A period starts at the first instant at which the local clock shows its start *or something later*. With this one rule
/// every instant belongs to exactly one period, whatever the clock does:
///
/// ```
/// clock goes back      00 01 01 02   the hour that happens twice is one period of two hours, the day has 25
/// clock goes forward   00 01 03 04   the hour that is left out is no period, the day has 23
/// a day is left out    29 31         (Samoa, 2011) it is no period
/// midnight happens twice             the day starts at the first one
/// ```
///
/// The last period of each kind is kept: until it ends, asking again costs two comparisons. Not for sharing between
/// threads; a copy is cheap.
public struct BudgetCalendar: Sendable {
  /// The IANA name of the time zone.
  public let timeZone: String
  /// Seconds that the local clock is ahead of UTC, at seconds since 1970.
  private let offset: @Sendable (Int64) -> Int64
  private var cache: [BudgetPeriod?]

  /// A calendar; `nil` when there is no such IANA time zone.
  ///
  /// - Parameter timeZone: such as `America/New_York` or `UTC`.
  public init?(timeZone: String) {
    guard let zone = IANATimeZone.named(timeZone) else { return nil }
    self.init(timeZone: timeZone) { seconds in
      Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))))
    }
  }

  /// A calendar of a given clock.
  init(timeZone: String, offset: @escaping @Sendable (Int64) -> Int64) {
    self.timeZone = timeZone
    self.offset = offset
    cache = [BudgetPeriod?](repeating: nil, count: BudgetPeriodKind.allCases.count)
  }

  /// The period of an instant.
  ///
  /// - Parameters:
  ///   - kind: the kind of period.
  ///   - time: server time.
  /// - Returns: its name (`2026-11-23T14`, `2026-11-23`, `2026-W48`, `2026-11`, `all`), start and end.
  public mutating func period(_ kind: BudgetPeriodKind, at time: ServerTime) -> BudgetPeriod {
    let slot = Self.slot(of: kind)
    if let cached = cache[slot], cached.contains(time) { return cached }
    let period = computedPeriod(kind, at: time)
    cache[slot] = period
    return period
  }

  /// The period of an instant, computed anew.
  func computedPeriod(_ kind: BudgetPeriodKind, at time: ServerTime) -> BudgetPeriod {
    // Far outside of any real time, the arithmetic below would overflow.
    let bounded = min(max(time.microseconds, -Self.farthest), Self.farthest)
    let seconds = CivilTime.floor(bounded, 1_000_000).quotient
    guard var local = LocalPeriod(kind, containing: seconds + offset(seconds)) else { return .lifetime }
    // After the clock went back over a period's start, it shows an earlier period again: the later one has begun already.
    var end = firstInstant(showing: local.end(kind))
    while end <= seconds, let next = LocalPeriod(kind, containing: local.end(kind)) {
      local = next
      end = firstInstant(showing: local.end(kind))
    }
    return BudgetPeriod(
      name: local.name, start: ServerTime(microseconds: firstInstant(showing: local.start) * 1_000_000),
      end: ServerTime(microseconds: end * 1_000_000))
  }

  /// The first instant, in seconds since 1970, at which the local clock shows `local` or something later.
  private func firstInstant(showing local: Int64) -> Int64 {
    // Far enough back that no offset from UTC, and no change of it, can show `local` already.
    var start = local - Self.reach
    var ahead = offset(start)
    // Walk the spans of constant offset: within one, the clock shows `local` at local - ahead.
    while start < local + Self.reach {
      let change = nextChange(after: start, from: ahead)
      let instant = max(start, local - ahead)
      if instant < change { return instant }
      start = change
      ahead = offset(start)
    }
    return start
  }

  /// The first second after `start` with another offset, or one beyond ``reach``.
  private func nextChange(after start: Int64, from ahead: Int64) -> Int64 {
    // Zones do not change twice within this step.
    let step: Int64 = 6 * CivilTime.secondsPerHour
    var low = start
    while low < start + 3 * Self.reach {
      var high = low + step
      guard offset(high) != ahead else {
        low = high
        continue
      }
      while high - low > 1 {
        let middle = low + (high - low) / 2
        if offset(middle) == ahead { low = middle } else { high = middle }
      }
      return high
    }
    return low
  }

  /// Two days: more than twice the largest offset.
  private static let reach: Int64 = 2 * CivilTime.secondsPerDay

  /// Microseconds to the year 9999, and as far back.
  private static let farthest: Int64 = 253_370_764_800 * 1_000_000

  private static func slot(of kind: BudgetPeriodKind) -> Int {
    switch kind {
    case .lifetime: 0
    case .hour: 1
    case .day: 2
    case .week: 3
    case .month: 4
    }
  }
}
