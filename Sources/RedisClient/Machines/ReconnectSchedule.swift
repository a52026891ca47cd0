/// When to connect again: full jitter, and a counter that only a connection of some age sets back.
///
/// Times are durations since any fixed instant; randomness comes from the caller. So a test can play years in no time.
struct ReconnectSchedule {
  private let policy: RedisReconnect
  /// Losses in a row.
  private(set) var attempts = 0
  private var connectedAt: Duration?

  init(_ policy: RedisReconnect) {
    self.policy = policy
  }

  mutating func connected(at now: Duration) {
    connectedAt = now
  }

  /// The connection, or the attempt to make one, has ended: how long to wait.
  mutating func lost(at now: Duration, using random: inout some RandomNumberGenerator) -> Duration {
    if let connectedAt, now - connectedAt >= policy.stablePeriod { attempts = 0 }
    connectedAt = nil
    let ceiling = ceiling(of: attempts)
    attempts += 1
    return .nanoseconds(Int64.random(in: 0...ceiling.nanosecondsRoundedDown, using: &random))
  }

  /// `min(base * 2^n, cap)`, without overflow.
  func ceiling(of attempt: Int) -> Duration {
    var (ceiling, rest) = (policy.base, attempt)
    while rest > 0, ceiling < policy.cap { (ceiling, rest) = (ceiling * 2, rest - 1) }
    return min(ceiling, policy.cap)
  }
}

extension Duration {
  /// Whole nanoseconds, saturating at 292 years.
  var nanosecondsRoundedDown: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? .max : product.addingReportingOverflow(attoseconds / 1_000_000_000).partialValue
  }
}
