public import Foundation

/// How long the provider wants to be left alone.
public enum RetryHint {
  /// A hint above is taken for this: a clock or a number is wrong.
  static let longest = Duration.seconds(7 * 86_400)

  /// From `retry-after-ms`, then `retry-after` as seconds or as a date, which is relative to the server's own `date`. Zero is a hint; what is
  /// negative or no number is none.
  ///
  /// - Parameter now: where the answer has no date.
  public static func of(_ headers: ProviderHeaders, now: Date = .now) -> Duration? {
    if let text = headers["retry-after-ms"], let milliseconds = number(text) { return duration(milliseconds / 1_000) }
    guard let text = headers["retry-after"] else { return nil }
    if let seconds = number(text) { return duration(seconds) }
    guard let date = HTTPDate.parse(text) else { return nil }
    let server = headers["date"].flatMap(HTTPDate.parse) ?? now
    return duration(max(date.timeIntervalSince(server), 0))
  }

  /// The provider's word on whether to ask again.
  public static func shouldRetry(_ headers: ProviderHeaders) -> Bool? {
    switch headers["x-should-retry"]?.lowercased() {
    case "true": true
    case "false": false
    default: nil
    }
  }

  private static func number(_ text: String) -> Double? {
    // Double reads more than decimal numbers, such as `nan` and `0x1`.
    guard !text.isEmpty,
      text.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == "." || $0 == "e" || $0 == "E" || $0 == "+") })
    else { return nil }
    guard let value = Double(text), value.isFinite, value >= 0 else { return nil }
    return value
  }

  static func duration(_ seconds: Double) -> Duration {
    seconds < Double(longest.components.seconds) ? .seconds(seconds) : longest
  }
}
