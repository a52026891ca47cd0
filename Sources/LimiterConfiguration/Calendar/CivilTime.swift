/// A date and an hour of the proleptic Gregorian calendar, without a time zone.
struct CivilTime: Hashable {
  var year: Int64
  /// 1...12
  var month: Int64
  /// 1...31
  var day: Int64
  /// 0...23
  var hour: Int64

  static let secondsPerDay: Int64 = 86_400
  static let secondsPerHour: Int64 = 3_600

  /// From seconds since 1970-01-01T00 of the same clock.
  init(seconds: Int64) {
    let days = Self.floor(seconds, Self.secondsPerDay)
    self.init(days: days.quotient, hour: days.remainder / Self.secondsPerHour)
  }

  /// From days since 1970-01-01: Howard Hinnant's `civil_from_days`, which counts in eras of 400 years that start in March.
  init(days: Int64, hour: Int64 = 0) {
    let shifted = Self.floor(days + 719_468, 146_097)
    let dayOfEra = shifted.remainder
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + shifted.quotient * 400 + (month <= 2 ? 1 : 0)
    self.hour = hour
  }

  /// Days since 1970-01-01: `days_from_civil`.
  static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = floor(year, 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = era.remainder * 365 + era.remainder / 4 - era.remainder / 100 + dayOfYear
    return era.quotient * 146_097 + dayOfEra - 719_468
  }

  /// Quotient towards minus infinity, and the remainder, which is never negative.
  static func floor(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let remainder = (value % divisor + divisor) % divisor
    return ((value - remainder) / divisor, remainder)
  }
}
