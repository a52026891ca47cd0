import Foundation
import Testing

@testable import Providers

@Suite struct HeaderTests {
  private static let now = Date(timeIntervalSince1970: 784_111_777)  // Sun, 06 Nov 1994 08:49:37 GMT

  @Test(arguments: [
    (["retry-after-ms": "1500.5"], Duration.microseconds(1_500_500)), (["retry-after-ms": "0"], .zero),
    (["retry-after": "2"], .seconds(2)), (["retry-after": "1.5"], .milliseconds(1_500)),
    (["retry-after": " 7 "], .seconds(7)),
    (["Retry-After": "0"], .zero), (["retry-after-ms": "10", "retry-after": "99"], .milliseconds(10)),
    (["retry-after-ms": "junk", "retry-after": "4"], .seconds(4)),
    (["retry-after": "Sun, 06 Nov 1994 08:50:07 GMT"], .seconds(30)),
    (["retry-after": "Sunday, 06-Nov-94 08:50:07 GMT"], .seconds(30)),
    (["retry-after": "Sun Nov  6 08:50:07 1994"], .seconds(30)),
    // By the server's own clock.
    (["retry-after": "Sun, 06 Nov 1994 08:50:07 GMT", "date": "Sun, 06 Nov 1994 08:50:00 GMT"], .seconds(7)),
    // Over already.
    (["retry-after": "Sun, 06 Nov 1994 08:00:00 GMT"], .zero), (["retry-after": "1e300"], .seconds(604_800)),
  ])
  func aHintIsReadInAllItsForms(_ headers: [String: String], _ expected: Duration) throws {
    let hint = try #require(
      RetryHint.of(ProviderHeaders(headers.map { (name: $0.key, value: $0.value) }), now: Self.now))
    #expect(abs((hint - expected) / .microseconds(1)) < 1, "\(hint)")
  }

  @Test(arguments: ["", "-1", "nan", "inf", "-inf", "0x10", "soon", "1,5", "NaN", "Infinity", "12 Nov"])
  func junkIsNoHint(_ text: String) {
    #expect(RetryHint.of(["retry-after": text], now: Self.now) == nil)
    #expect(RetryHint.of(["retry-after-ms": text], now: Self.now) == nil)
  }

  @Test(arguments: [
    ("1s", Duration.seconds(1)), ("6m0s", .seconds(360)), ("2m59.56s", .milliseconds(179_560)),
    ("120ms", .milliseconds(120)),
    ("1h0m0s", .seconds(3_600)), ("0s", .zero), ("17us", .microseconds(17)), ("1m30s", .seconds(90)),
  ])
  func goDurations(_ text: String, _ expected: Duration) throws {
    let duration = try #require(GoDuration.parse(text))
    #expect(abs((duration - expected) / .microseconds(1)) < 1, "\(duration)")
  }

  @Test(arguments: ["", "s", "1", "1x", "1m2", "m", "-1s", "1s ", "1..5s", "\u{0661}s"])
  func whatIsNoGoDuration(_ text: String) { #expect(GoDuration.parse(text) == nil) }

  @Test func openAI() {
    let views = RateLimitHeaders.views([
      "x-ratelimit-limit-requests": "500", "x-ratelimit-remaining-requests": "499",
      "x-ratelimit-reset-requests": "120ms",
      "x-ratelimit-limit-tokens": "30000", "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s",
    ])
    #expect(
      views == [
        .requests: RateLimitView(limit: 500, remaining: 499, reset: .milliseconds(120)),
        .tokens: RateLimitView(limit: 30_000, remaining: 0, reset: .seconds(360)),
      ])
  }

  @Test func anthropic() throws {
    let views = RateLimitHeaders.views(
      [
        "anthropic-ratelimit-input-tokens-limit": "40000", "anthropic-ratelimit-input-tokens-remaining": "39000",
        "anthropic-ratelimit-input-tokens-reset": "1994-11-06T08:50:07Z",
        "anthropic-ratelimit-output-tokens-reset": "1994-11-06T08:49:38.500Z",
      ], now: Self.now)
    #expect(views[.inputTokens] == RateLimitView(limit: 40_000, remaining: 39_000, reset: .seconds(30)))
    let reset = try #require(views[.outputTokens]?.reset)
    #expect(abs((reset - .milliseconds(1_500)) / .microseconds(1)) < 10)
    #expect(views[.requests] == nil)
  }

  @Test func whatIsAbsentOrJunkIsNotThere() {
    #expect(RateLimitHeaders.views([:]) == [:])
    #expect(
      RateLimitHeaders.views([
        "x-ratelimit-limit-requests": "many", "x-ratelimit-remaining-tokens": "-1", "x-ratelimit-reset-tokens": "later",
      ]) == [:])
  }
}
