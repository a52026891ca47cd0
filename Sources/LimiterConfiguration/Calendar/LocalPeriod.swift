import LimiterCore

/// A period on the local clock: when it starts there, and its name.
struct LocalPeriod: Hashable {
  /// Seconds since 1970-01-01T00 of the local clock.
  var start: Int64
  var name: String

  /// The period that shows a local time; `nil` for a lifetime, which has no clock.
  init?(_ kind: BudgetPeriodKind, containing local: Int64) {
    let civil = CivilTime(seconds: local)
    let days = CivilTime.floor(local, CivilTime.secondsPerDay).quotient
    let date = "\(Self.padded(civil.year, 4))-\(Self.padded(civil.month, 2))"
    switch kind {
    case .lifetime: return nil
    case .hour:
      start = days * CivilTime.secondsPerDay + civil.hour * CivilTime.secondsPerHour
      name = "\(date)-\(Self.padded(civil.day, 2))T\(Self.padded(civil.hour, 2))"
    case .day:
      start = days * CivilTime.secondsPerDay
      name = "\(date)-\(Self.padded(civil.day, 2))"
    case .week:
      // ISO 8601: weeks start on Monday and belong to the year of their Thursday. 1970-01-01 was a Thursday.
      let monday = days - CivilTime.floor(days + 3, 7).remainder
      let year = CivilTime(days: monday + 3).year
      let firstOfYear = CivilTime.days(year: year, month: 1, day: 1)
      start = monday * CivilTime.secondsPerDay
      name = "\(Self.padded(year, 4))-W\(Self.padded((monday + 3 - firstOfYear) / 7 + 1, 2))"
    case .month:
      start = CivilTime.days(year: civil.year, month: civil.month, day: 1) * CivilTime.secondsPerDay
      name = date
    }
  }

  /// The local time at which the next period of this kind starts.
  func end(_ kind: BudgetPeriodKind) -> Int64 {
    switch kind {
    case .lifetime: return .max
    case .hour: return start + CivilTime.secondsPerHour
    case .day: return start + CivilTime.secondsPerDay
    case .week: return start + 7 * CivilTime.secondsPerDay
    case .month:
      let civil = CivilTime(seconds: start)
      let (year, month) = civil.month == 12 ? (civil.year + 1, 1) : (civil.year, civil.month + 1)
      return CivilTime.days(year: year, month: month, day: 1) * CivilTime.secondsPerDay
    }
  }

  private static func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}
