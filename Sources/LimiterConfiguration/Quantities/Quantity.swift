public import LimiterCore

/// Readers of the quantities of a policy file and of the command line: text to integers, never through floating point.
///
/// Each throws a ``QuantityError`` that says what was expected, what came, and what to write instead.
public enum Quantity {
  /// A count, such as `30000` or `30_000`: 1 up to `LimiterBounds.amount`.
  public static func count(_ text: String) throws(QuantityError) -> Int64 {
    try count(trimmed(text), of: text, expected: "a whole number such as 30000")
  }

  /// A duration, such as `100us`, `250ms`, `10s`, `1m`, `1h`, `1d`: a whole number and a unit.
  ///
  /// - Parameters:
  ///   - text: the text.
  ///   - range: the durations that are accepted; by default 0 up to 31 days.
  public static func duration(
    _ text: String, in range: ClosedRange<Duration> = .zero...LimiterBounds.longestWindow
  ) throws(QuantityError) -> Duration {
    try duration(trimmed(text), of: text, in: range, expected: "a duration such as 250ms, 10s, 1m, 1h or 1d")
  }

  /// An amount per duration, such as `500/1m`.
  public static func window(_ text: String) throws(QuantityError) -> WindowQuantity {
    let expected = "an amount per duration such as 500/1m"
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2 else {
      let advice = parts.count == 1 ? "say per how long: a slash and the window's length" : nil
      throw QuantityError(.malformed, expected: expected, found: text, advice: advice)
    }
    let amount = try count(trimmed(parts[0]), of: text, expected: expected)
    let length = try duration(
      trimmed(parts[1]), of: text, in: LimiterBounds.shortestWindow...LimiterBounds.longestWindow, expected: expected)
    return WindowQuantity(amount: amount, length: length)
  }

  static func count(_ digits: Substring, of text: String, expected: String) throws(QuantityError) -> Int64 {
    let value: Int64
    do throws(DecimalText.Failure) {
      value = try DecimalText.scaled(digits, most: LimiterBounds.amount)
    } catch {
      throw numberError(error, of: text, expected: expected)
    }
    guard value > 0 else {
      throw QuantityError(.zero, expected: expected, found: text, advice: "the smallest amount is 1")
    }
    return value
  }

  private static func duration(
    _ part: Substring, of text: String, in range: ClosedRange<Duration>, expected: String
  ) throws(QuantityError) -> Duration {
    let unit = part.drop { $0.isNumber || "-+._".contains($0) }
    let digits = part[..<unit.startIndex]
    guard !digits.isEmpty else {
      let advice = units[String(unit)] == nil ? nil : "write the number too: 1\(unit)"
      throw QuantityError(.malformed, expected: expected, found: text, advice: advice)
    }
    guard let microseconds = units[String(unit)] else {
      let advice =
        unit.isEmpty
        ? "a unit is missing; the units are us, ms, s, m, h and d"
        : "there is no unit `\(Excerpt.of(unit))`; the units are us, ms, s, m, h and d"
      throw QuantityError(.unknownUnit, expected: expected, found: text, advice: advice)
    }
    let value: Int64
    do throws(DecimalText.Failure) {
      value = try DecimalText.scaled(digits, most: LimiterBounds.amount / microseconds)
    } catch {
      throw numberError(error, of: text, expected: expected)
    }
    let length = Duration.microseconds(value * microseconds)
    if length == .zero, range.lowerBound > .zero {
      throw QuantityError(.zero, expected: expected, found: text, advice: "the duration cannot be zero")
    }
    guard length >= range.lowerBound else {
      let advice = "the shortest is \(describe(range.lowerBound))"
      throw QuantityError(.tooSmall, expected: expected, found: text, advice: advice)
    }
    guard length <= range.upperBound else {
      let advice = "the longest is \(describe(range.upperBound))"
      throw QuantityError(.tooLarge, expected: expected, found: text, advice: advice)
    }
    return length
  }

  /// A duration in the largest unit that divides it.
  static func describe(_ duration: Duration) -> String {
    let microseconds = duration.microsecondsRoundedUp
    for (name, unit) in units.sorted(by: { $0.value > $1.value }) where microseconds.isMultiple(of: unit) {
      return "\(microseconds / unit)\(name)"
    }
    return "\(microseconds)us"
  }

  static func trimmed(_ text: some StringProtocol) -> Substring {
    var part = Substring(text)
    while part.first == " " { part.removeFirst() }
    while part.last == " " { part.removeLast() }
    return part
  }

  /// What is said of a number that could not be read.
  static func numberError(
    _ failure: DecimalText.Failure, of text: String, expected: String, decimals: Int = 0,
    most: String = "\(LimiterBounds.amount)"
  ) -> QuantityError {
    switch failure {
    case .malformed: QuantityError(.malformed, expected: expected, found: text)
    case .negative:
      QuantityError(.negative, expected: expected, found: text, advice: "it cannot be negative")
    case .tooPrecise:
      QuantityError(
        .tooPrecise, expected: expected, found: text,
        advice: decimals == 0 ? "write a whole number, in a smaller unit if need be" : "at most \(decimals) decimals")
    case .tooLarge: QuantityError(.tooLarge, expected: expected, found: text, advice: "the largest is \(most)")
    }
  }

  /// Microseconds per unit of time.
  private static let units: [String: Int64] = [
    "us": 1, "ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000,
  ]
}
