/// Durations as Go prints them, which is what OpenAI's headers hold: `1s`, `6m0s`, `2m59.56s`, `120ms`, `1h0m0s`.
package enum GoDuration {
  package static func format(microseconds: Int64) -> String {
    let value = max(0, microseconds)
    if value == 0 { return "0s" }
    if value < 1_000 { return "\(value)µs" }
    if value < 1_000_000 { return fraction(value, of: 1_000) + "ms" }
    let minutes = value / 60_000_000
    let seconds = fraction(value % 60_000_000, of: 1_000_000) + "s"
    if minutes == 0 { return seconds }
    return minutes < 60 ? "\(minutes)m\(seconds)" : "\(minutes / 60)h\(minutes % 60)m\(seconds)"
  }

  /// A decimal without zeros at its end.
  private static func fraction(_ value: Int64, of unit: Int64) -> String {
    let rest = value % unit
    guard rest > 0 else { return String(value / unit) }
    var digits = String(unit + rest).dropFirst()
    while digits.last == "0" { digits.removeLast() }
    return "\(value / unit).\(digits)"
  }
}
