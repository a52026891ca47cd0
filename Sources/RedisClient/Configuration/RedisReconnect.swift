/// When a lost connection is tried again: after `U(0, min(base * 2^n, cap))`, "full jitter", so that a thousand clients
/// of a restarted Redis do not come back in one instant
/// (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
public struct RedisReconnect: Sendable, Hashable {
  /// The upper end of the first delay.
  public var base: Duration
  /// The upper end of every delay.
  public var cap: Duration
  /// How long a connection must have lived for the next loss to count as the first. A server that accepts and drops
  /// at once therefore does not look healthy.
  public var stablePeriod: Duration

  /// - Parameters:
  ///   - base: Upper end of the first delay, above zero.
  ///   - cap: Upper end of every delay, at least `base`.
  ///   - stablePeriod: Life of a connection after which the attempt counter starts again.
  public init(
    base: Duration = .milliseconds(50), cap: Duration = .seconds(5), stablePeriod: Duration = .seconds(10)
  ) {
    precondition(base > .zero, "base must be above zero")
    precondition(cap >= base, "cap must be at least base")
    self.base = base
    self.cap = cap
    self.stablePeriod = stablePeriod
  }
}
