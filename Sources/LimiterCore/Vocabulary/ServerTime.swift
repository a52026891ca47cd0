/// An instant of the Redis server's clock, in microseconds since 1970.
///
/// Every decision is made at server time, so that the clocks of the workers' hosts do not matter.
public struct ServerTime: Sendable, Hashable, Comparable, Codable {
  /// Microseconds since 1970-01-01T00:00:00Z.
  public var microseconds: Int64

  /// An instant, in microseconds since 1970.
  public init(microseconds: Int64) {
    self.microseconds = microseconds
  }

  /// The earlier instant is the smaller one.
  public static func < (left: ServerTime, right: ServerTime) -> Bool {
    left.microseconds < right.microseconds
  }

  /// Encoded as the plain number of microseconds.
  public init(from decoder: any Decoder) throws {
    microseconds = try decoder.singleValueContainer().decode(Int64.self)
  }

  /// Encoded as the plain number of microseconds.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(microseconds)
  }
}

extension Duration {
  /// Whole microseconds, rounded up: a wait is never cut short; at most those of a hundred years, so that sums do not overflow.
  public var microsecondsRoundedUp: Int64 {
    let century = Duration.seconds(36_525 * 86_400)
    let (seconds, attoseconds) = min(max(self, .zero - century), century).components
    return seconds * 1_000_000 + (attoseconds + 999_999_999_999) / 1_000_000_000_000
  }
}
