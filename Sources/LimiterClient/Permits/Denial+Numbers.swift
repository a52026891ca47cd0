package import LimiterCore

/// How the worker protocol and `limiterctl` tell a denial's time.
extension Denial {
  /// Rounded up: who sleeps as long does not come too early. `nil`: no time will help.
  package var retryAfterMilliseconds: Int64? { retryAfter.map { ($0.microsecondsRoundedUp + 999) / 1_000 } }

  /// Whether who asks alone then is admitted.
  package var isExact: Bool { if case .at = retry { true } else { false } }

  /// When to ask again; `nil`: no time will help.
  package var retryAt: ServerTime? {
    switch retry {
    case .at(let time), .notBefore(let time), .behind(let time): time
    case .never, .tooLarge: nil
    }
  }
}
