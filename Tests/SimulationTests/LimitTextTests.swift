import Testing

@testable import Simulation

@Suite struct LimitTextTests {
  static let kinds: [(text: String, limit: LimitText)] = [
    ("requests=300/10s", LimitText.window(WindowRule(unit: .requests, amount: 300, length: .seconds(10)))),
    ("tokens=400_000/1m", .window(WindowRule(unit: .tokens, amount: 400_000, length: .seconds(60)))),
    ("input_tokens=5/500ms", .window(WindowRule(unit: .inputTokens, amount: 5, length: .milliseconds(500)))),
    ("output_tokens=5/s", .window(WindowRule(unit: .outputTokens, amount: 5, length: .seconds(1)))),
    ("concurrency=64", .concurrency(64)),
    // The policy's own bounds.
    (
      "tokens=9007199254740991/31d",
      .window(WindowRule(unit: .tokens, amount: 9_007_199_254_740_991, length: .seconds(31 * 86_400)))
    ),
    ("requests=3/1ms", .window(WindowRule(unit: .requests, amount: 3, length: .milliseconds(1)))),
    ("concurrency=9007199254740991", .concurrency(9_007_199_254_740_991)),
  ]

  @Test(arguments: kinds) func `reads each kind`(_ text: String, _ limit: LimitText) throws {
    #expect(try LimitText(parsing: text) == limit)
  }

  static let nonsense: [(text: String, says: String)] = [
    ("", "expected NAME=AMOUNT/TIME"), ("requests", "expected NAME=AMOUNT/TIME"), ("foo=1/1s", "got `foo`"),
    ("requests=300", "a slash and the window's length"), ("requests=0/10s", "the smallest amount is 1"),
    ("requests=-3/10s", "cannot be negative"), ("requests=1.5/10s", "whole number"), ("requests=3/10y", "no unit `y`"),
    ("requests=3/0s", "cannot be zero"), ("requests=3/999us", "the shortest is 1ms"),
    ("requests=3/32d", "the longest is 31d"), ("requests=3/", "requests=3/"),
    ("tokens=9007199254740992/1s", "the largest is 9007199254740991"), ("concurrency=0", "smallest amount is 1"),
    ("concurrency=64/1s", "whole number"), ("concurrency=9007199254740992", "the largest is 9007199254740991"),
  ]

  @Test(arguments: nonsense) func `nonsense is quoted, with what was expected`(_ text: String, _ says: String) {
    let error = #expect(throws: SimulationError.self) { try LimitText(parsing: text) }
    #expect(error?.code == .configuration)
    #expect(error?.message.contains(says) == true, "\(String(describing: error))")
  }

  @Test func `each unit once`() {
    let rule = WindowRule(unit: .requests, amount: 1, length: .seconds(1))
    for twice in [[LimitText.window(rule), .window(rule)], [.concurrency(1), .concurrency(2)]] {
      let error = #expect(throws: SimulationError.self) { try SimulationLimits(twice) }
      #expect(error?.message.contains("each limit once") == true)
    }
  }

  @Test func `is written as it is read`() throws {
    for text in ["requests=300/10s", "tokens=400000/1m", "input_tokens=5/500ms"] {
      guard case .window(let rule) = try LimitText(parsing: text) else { continue }
      #expect(rule.description == text)
    }
  }
}
