import HTTPTypes
import Testing

@testable import LimiterDaemon

@Suite struct RateLimitFieldsTests {
  private func headers(_ fields: RateLimitFields) -> [String: String] {
    var problem = HTTPProblem(.denied, "")
    fields.write(to: &problem)
    return Dictionary(problem.headers.map { ($0.name.rawName.lowercased(), $0.value) }) { first, _ in first }
  }

  @Test(arguments: [
    (Int64(1), "1", "1"), (999, "1", "999"), (1_000, "1", "1000"), (1_001, "2", "1001"), (59_001, "60", "59001"),
  ])
  func `seconds are rounded up`(_ milliseconds: Int64, _ seconds: String, _ exactly: String) {
    let headers = headers(
      RateLimitFields(limit: "a", allowed: 5, remaining: 0, retryAfter: milliseconds, window: 60))
    #expect(headers["retry-after"] == seconds)
    #expect(headers["retry-after-ms"] == exactly)
    #expect(headers["ratelimit"] == "\"a\";r=0;t=\(seconds)")
    #expect(headers["ratelimit-policy"] == "\"a\";q=5;w=60")
  }

  @Test func `names and numbers are as structured fields have them`() {
    let headers = headers(
      RateLimitFields(
        limit: "a\"b\\c:\r\né", allowed: .max, remaining: 9_007_199_254_740_991, retryAfter: nil, window: nil))
    #expect(headers["ratelimit"] == #""a\"b\\c:%0D%0A%C3%A9";r=999999999999999"#)
    #expect(headers["ratelimit-policy"] == #""a\"b\\c:%0D%0A%C3%A9";q=999999999999999"#)
    #expect(headers["retry-after"] == nil)
    #expect(headers["x-should-retry"] == "false")
  }
}
