/// Durations as people write them, in the largest unit that is exact: `250ms`, `10s`, `1m`, `2h`, `1d`.
package enum DurationText {
  private static let units: [(suffix: String, microseconds: Int64)] = [
    ("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000), ("us", 1),
  ]

  package static func format(_ duration: Duration) -> String {
    let microseconds = duration.microseconds
    guard microseconds != 0 else { return "0s" }
    for (suffix, size) in units where microseconds.isMultiple(of: size) { return "\(microseconds / size)\(suffix)" }
    return "\(microseconds)us"
  }
}

extension Duration {
  /// Whole microseconds, rounded down.
  package var microseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
  }

  package var seconds: Double { Double(microseconds) / 1_000_000 }
  package var milliseconds: Double { Double(microseconds) / 1_000 }
}
