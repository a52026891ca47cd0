public import Foundation

/// What a provider says of one of its limits.
public struct RateLimitView: Sendable, Hashable {
  /// What may be used in a window.
  public var limit: Int64?
  /// Anthropic rounds it to thousands.
  public var remaining: Int64?
  /// After how long it is whole again.
  public var reset: Duration?
}

/// What is limited.
public enum RateLimitUnit: String, Sendable, Hashable, CaseIterable {
  case requests
  case tokens
  case inputTokens = "input-tokens"
  case outputTokens = "output-tokens"
}

/// A provider's own view of its limits, from the headers of any of its answers. Any of them may be absent.
public enum RateLimitHeaders {
  /// `x-ratelimit-{limit,remaining,reset}-<unit>` (OpenAI, Azure, Groq; resets as Go durations) and
  /// `anthropic-ratelimit-<unit>-{limit,remaining,reset}` (resets as times of RFC 3339).
  public static func views(_ headers: ProviderHeaders, now: Date = .now) -> [RateLimitUnit: RateLimitView] {
    var views: [RateLimitUnit: RateLimitView] = [:]
    for unit in RateLimitUnit.allCases {
      let name = unit.rawValue
      let view = RateLimitView(
        limit: number(headers["x-ratelimit-limit-\(name)"] ?? headers["anthropic-ratelimit-\(name)-limit"]),
        remaining: number(headers["x-ratelimit-remaining-\(name)"] ?? headers["anthropic-ratelimit-\(name)-remaining"]),
        reset: headers["x-ratelimit-reset-\(name)"].flatMap(GoDuration.parse)
          ?? headers["anthropic-ratelimit-\(name)-reset"].flatMap { time($0, headers, now) })
      if view != RateLimitView() { views[unit] = view }
    }
    return views
  }

  private static func number(_ text: String?) -> Int64? {
    text.flatMap { Int64($0) }.flatMap { $0 >= 0 ? $0 : nil }
  }

  private static func time(_ text: String, _ headers: ProviderHeaders, _ now: Date) -> Duration? {
    let plain = Date.ISO8601FormatStyle()
    let precise = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    guard let date = (try? plain.parse(text)) ?? (try? precise.parse(text)) else { return nil }
    let server = headers["date"].flatMap(HTTPDate.parse) ?? now
    return RetryHint.duration(max(date.timeIntervalSince(server), 0))
  }
}
