import LimiterCore
import Synchronization
import Testing

@testable import LimiterConfiguration

@Suite("Periods of budgets")
struct BudgetCalendarTests {
  @Test(
    "a period has the name of its local start",
    arguments: [
      (BudgetPeriodKind.hour, "2026-11-23T14"), (.day, "2026-11-23"), (.week, "2026-W48"), (.month, "2026-11"),
      (.lifetime, "all"),
    ])
  func names(kind: BudgetPeriodKind, name: String) throws {
    var calendar = try #require(BudgetCalendar(timeZone: "America/New_York"))
    // 2026-11-23T14:30 in New York.
    let period = calendar.period(kind, at: ServerTime(microseconds: 1_795_462_200_000_000))
    #expect(period.name == name)
    #expect((period.end == nil) == (kind == .lifetime))
  }

  @Test("periods agree with an independent calculation over many zones and changes of the clock")
  func fixture() throws {
    let lines = try Files.text("Tests/LimiterConfigurationTests/Fixtures/periods.txt").split(separator: "\n")
      .dropFirst()
    try #require(lines.count > 400)
    for line in lines {
      let fields = line.split(separator: " ").map(String.init)
      let kind = try #require(BudgetPeriodKind(rawValue: fields[2]))
      var calendar = try #require(BudgetCalendar(timeZone: fields[0]))
      let expected = BudgetPeriod(name: fields[3], start: try seconds(fields[4]), end: try seconds(fields[5]))
      #expect(calendar.period(kind, at: try seconds(fields[1])) == expected, "\(line)")
    }
  }

  @Test(
    "a day with a change of the clock has 23 or 25 hours",
    arguments: [
      ("2026-03-08", 1_772_946_000, 23), ("2026-11-01", 1_793_505_600, 25), ("2026-11-23", 1_795_410_000, 24),
    ])
  func daylightSaving(name: String, start: Int64, hours: Int64) throws {
    var calendar = try #require(BudgetCalendar(timeZone: "America/New_York"))
    let first = calendar.period(.day, at: ServerTime(microseconds: start * 1_000_000))
    let last = calendar.period(.day, at: ServerTime(microseconds: (start + hours * 3_600) * 1_000_000 - 1))
    #expect(first.name == name)
    #expect(first == last)
    #expect(first.start.microseconds == start * 1_000_000)
    #expect(first.end?.microseconds == (start + hours * 3_600) * 1_000_000)
  }

  @Test("the hour that happens twice is one period of two hours")
  func repeatedHour() throws {
    var calendar = try #require(BudgetCalendar(timeZone: "America/New_York"))
    // 2026-11-01: 01:30 EDT and 01:30 EST.
    let first = calendar.period(.hour, at: ServerTime(microseconds: 1_793_511_000_000_000))
    let second = calendar.period(.hour, at: ServerTime(microseconds: 1_793_514_600_000_000))
    #expect(first.name == "2026-11-01T01")
    #expect(first == second)
    #expect(try #require(first.end).microseconds - first.start.microseconds == 7_200_000_000)
  }

  @Test("when the clock goes back over midnight, the day has begun at the first midnight")
  func midnightTwice() throws {
    let calendar = try #require(BudgetCalendar(timeZone: "America/St_Johns"))
    // 2010-11-07 00:01 becomes 2010-11-06 23:01: the clock shows the 6th again, the budget does not go back. Nothing is
    // remembered from one question to the next, as after a restart.
    let midnight: Int64 = 1_289_097_000
    let days = [-1, 0, 59, 61, 3_000, 3_700].map { offset in
      calendar.computedPeriod(.day, at: ServerTime(microseconds: (midnight + offset) * 1_000_000)).name
    }
    #expect(days == ["2010-11-06"] + [String](repeating: "2010-11-07", count: 5))
  }

  @Test(
    "periods follow each other without a gap, and each instant is in exactly one",
    arguments: [
      "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "America/St_Johns", "UTC",
      "Africa/Casablanca", "America/Havana", "Asia/Tehran",
    ])
  func gapless(zone: String) throws {
    var calendar = try #require(BudgetCalendar(timeZone: zone))
    for kind in BudgetPeriodKind.allCases where kind != .lifetime {
      // 2010 to 2012 for months, weeks and days, and the hours of the two weeks about Samoa's lost day and New York's fall.
      for (start, count) in kind == .hour ? [(1_288_500_000, 400), (1_324_800_000, 400)] : [(1_262_304_000, 800)] {
        var period = calendar.period(kind, at: ServerTime(microseconds: Int64(start) * 1_000_000))
        var names: Set<String> = [period.name]
        for _ in 0..<count {
          let end = try #require(period.end)
          #expect(calendar.computedPeriod(kind, at: ServerTime(microseconds: end.microseconds - 1)) == period)
          let next = calendar.period(kind, at: end)
          try #require(next.start == end && next.start > period.start, "\(zone) \(kind) \(period) \(next)")
          try #require(names.insert(next.name).inserted, "\(next.name) twice")
          period = next
        }
      }
    }
  }

  @Test("asking again within the period does no calendar work, for every kind at once")
  func cached() {
    let asked = Mutex(0)
    var calendar = BudgetCalendar(timeZone: "test") { _ in
      asked.withLock { $0 += 1 }
      return 0
    }
    // 00:00 of a Monday and the first day of a month.
    let start: Int64 = 1_780_272_000_000_000
    for kind in BudgetPeriodKind.allCases { _ = calendar.period(kind, at: ServerTime(microseconds: start)) }
    let first = asked.withLock { $0 }
    #expect(first > 0)
    for kind in BudgetPeriodKind.allCases {
      for time in [start, start + 1, start + 3_599_999_999] {
        #expect(calendar.period(kind, at: ServerTime(microseconds: time)).contains(ServerTime(microseconds: time)))
      }
    }
    #expect(asked.withLock { $0 } == first)
    _ = calendar.period(.hour, at: ServerTime(microseconds: start + 3_600_000_000))
    #expect(asked.withLock { $0 } > first)
  }

  @Test("a time far outside of any calendar does not crash", arguments: [Int64.min, -1, 0, Int64.max])
  func farAway(microseconds: Int64) throws {
    var calendar = try #require(BudgetCalendar(timeZone: "America/New_York"))
    for kind in BudgetPeriodKind.allCases {
      #expect(!calendar.period(kind, at: ServerTime(microseconds: microseconds)).name.isEmpty)
    }
  }

  @Test(
    "only IANA names are time zones", arguments: ["EST", "PST", "GMT+3", "+03:00", "Mars/Phobos", "", "new york"])
  func unknownZone(name: String) {
    #expect(BudgetCalendar(timeZone: name) == nil)
  }

  @Test(
    "ISO weeks belong to the year of their Thursday",
    arguments: [
      (1_609_459_200, "2020-W53"), (1_767_225_600, "2026-W01"), (1_798_761_600, "2026-W53"),
      (1_704_067_200, "2024-W01"),
    ])
  func isoWeeks(seconds: Int64, name: String) throws {
    var calendar = try #require(BudgetCalendar(timeZone: "UTC"))
    #expect(calendar.period(.week, at: ServerTime(microseconds: seconds * 1_000_000)).name == name)
  }

  private func seconds(_ text: String) throws -> ServerTime {
    ServerTime(microseconds: try #require(Int64(text)) * 1_000_000)
  }
}
