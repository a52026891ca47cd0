import Testing

@testable import LimiterConfiguration

@Suite("Dates")
struct CivilTimeTests {
  @Test("every day from 1600 to 2400 follows the one before, and is found again")
  func everyDay() throws {
    var day = CivilTime.days(year: 1600, month: 1, day: 1)
    let end = CivilTime.days(year: 2400, month: 12, day: 31)
    #expect(end - day == 800 * 365 + 194 + 365)
    var (year, month, date): (Int64, Int64, Int64) = (1600, 1, 1)
    while day <= end {
      let civil = CivilTime(days: day)
      try #require((civil.year, civil.month, civil.day) == (year, month, date), "day \(day)")
      try #require(CivilTime.days(year: year, month: month, day: date) == day)
      (year, month, date) = Self.next(year, month, date)
      day += 1
    }
  }

  @Test("seconds before 1970 belong to the day before")
  func negative() {
    let civil = CivilTime(seconds: -1)
    #expect((civil.year, civil.month, civil.day, civil.hour) == (1969, 12, 31, 23))
  }

  /// The day after, by the rules of the calendar.
  private static func next(_ year: Int64, _ month: Int64, _ day: Int64) -> (Int64, Int64, Int64) {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let length: Int64 = month == 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    if day < length { return (year, month, day + 1) }
    return month < 12 ? (year, month + 1, 1) : (year + 1, 1, 1)
  }
}
