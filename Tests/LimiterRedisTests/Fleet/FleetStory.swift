import LimiterCore

/// What a fleet counts over twenty minutes, with an alert that begins, goes on, and ends: the same for the tests and the mutants.
enum FleetStory {
  static let start: Int64 = 1_700_000_040_000_001

  /// Seconds after the start; what is counted; what is told.
  private static let told: [(seconds: Int64, counts: [String: Int64], alert: FleetReport.Alert)] = [
    (0, ["calls": 10, "fallbacks": 9], .none), (1, ["calls": 9], .none),
    (2, ["calls": 1, "fallback:overloaded": 9], .begins),
    (3, [:], .goesOn), (59, ["calls": 100], .ends), (60, ["calls": 5, "fallbacks": 1], .none),
    // The first minute has left; what is above four fifths keeps an alert that has begun.
    (361, ["calls": 20, "fallbacks": 2], .begins), (362, ["calls": 8], .goesOn), (363, ["calls": 10], .ends),
    (364, [:], .none), (420, ["calls": 100, "fallbacks": 100, "nanodollars": 4_000_000_000_001], .begins),
    (1_100, ["attempts": 1], .ends),
    // More than can be counted is counted as the most.
    (1_500, ["calls": 1, "fallbacks": LimiterBounds.amount], .none),
    (1_501, ["calls": 19, "fallbacks": LimiterBounds.amount], .begins),
  ]

  static let steps: [ModelStep] = {
    var store = ReferenceStore()
    return told.map { entry in
      let time = ServerTime(microseconds: start + entry.seconds * 1_000_000)
      return store.step(.report(entry.counts, FleetAlarm()), at: time)
    }
  }()

  static var alerts: [FleetReport.Alert] { told.map(\.alert) }
}
