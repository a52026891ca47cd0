import LimiterCore
import Testing

@Suite("The policy's types")
struct PolicyTypesTests {
  @Test(
    "a call's price is exact, and rounded up to a nanodollar",
    arguments: [
      // 2.5 and 10 USD per million tokens.
      (ModelPrice(input: 2_500_000_000, output: 10_000_000_000), Int64(1_000), Int64(100), Int64(3_500_000)),
      (ModelPrice(input: 2_500_000_000, output: 10_000_000_000), 0, 0, 0),
      // 0.00875 USD per million: one token is 8.75 nanodollars.
      (ModelPrice(input: 8_750_000, output: 0), 1, 0, 9),
      (ModelPrice(input: 8_750_000, output: 0), 4, 0, 35),
      (ModelPrice(input: 1, output: 1), 1, 0, 1),
      (ModelPrice(input: 1, output: 1), 500_000, 500_000, 1),
      (ModelPrice(input: 1, output: 1), 500_000, 500_001, 2),
    ])
  func cost(price: ModelPrice, input: Int64, output: Int64, expected: Int64) {
    #expect(price.cost(inputTokens: input, outputTokens: output) == expected)
  }

  @Test(
    "a price that cannot be counted is nil, not a wrong number",
    arguments: [
      (Int64.max, Int64(2), Int64(0)), (.max, 0, 2), (1_000_000_000_000, LimiterBounds.amount, 0), (.max, 1, 1),
      (LimiterBounds.amount, 1_000, 1_000),
    ])
  func overflow(price: Int64, input: Int64, output: Int64) {
    #expect(ModelPrice(input: price, output: price).cost(inputTokens: input, outputTokens: output) == nil)
  }

  @Test("the largest price that can be counted is counted")
  func largestCost() {
    let price = ModelPrice(input: 1_000_000, output: 0)
    #expect(price.cost(inputTokens: LimiterBounds.amount / 1_000, outputTokens: 0) == LimiterBounds.amount / 1_000)
    #expect(ModelPrice(input: LimiterBounds.amount, output: 0).cost(inputTokens: 1_000_000, outputTokens: 0) == nil)
    #expect(
      ModelPrice(input: LimiterBounds.amount, output: 0).cost(inputTokens: 1_000, outputTokens: 0) == 9_007_199_254_741)
  }

  @Test(
    "what stays charged follows the settle rule",
    arguments: [
      (SettleRule.actual, Int64(100), Int64(40), Int64(40)), (.actual, 100, 100, 100), (.actual, 100, 250, 250),
      (.actual, 100, 0, 0), (.reservation, 100, 40, 100), (.reservation, 100, 250, 100), (.reservation, 100, 0, 100),
      (SettleRule(refunds: true, addsExcess: false), 100, 40, 40),
      (SettleRule(refunds: true, addsExcess: false), 100, 250, 100),
      (SettleRule(refunds: false, addsExcess: true), 100, 40, 100),
      (SettleRule(refunds: false, addsExcess: true), 100, 250, 250),
    ])
  func charge(rule: SettleRule, reserved: Int64, used: Int64, expected: Int64) {
    #expect(rule.charge(reserved: reserved, used: used) == expected)
  }

  @Test(
    "a scope's value cannot be taken for a separator or a hash tag",
    arguments: [
      ("acme", "acme"), ("a:b", "a%3Ab"), ("a}b{", "a%7Db%7B"), ("a%3Ab", "a%253Ab"), ("é", "%C3%A9"), (" ", "%20"),
      ("me@x.org/1", "me@x.org/1"), ("\u{0}", "%00"), ("", ""),
    ])
  func encoding(value: String, expected: String) {
    #expect(LimitID(rule: "r", scope: [value]).rawValue == "r:\(expected)")
  }

  @Test("different scopes have different names")
  func distinct() {
    #expect(LimitID(rule: "r", scope: ["a:b", "c"]) != LimitID(rule: "r", scope: ["a", "b:c"]))
    #expect(LimitID(rule: "r", scope: ["", "a"]) != LimitID(rule: "r", scope: ["a", ""]))
  }

  @Test("a period has its first instant and not its last")
  func period() {
    let period = BudgetPeriod(
      name: "p", start: ServerTime(microseconds: 10), end: ServerTime(microseconds: 20))
    #expect([9, 10, 19, 20].map { period.contains(ServerTime(microseconds: $0)) } == [false, true, true, false])
    #expect(BudgetPeriod.lifetime.contains(ServerTime(microseconds: .max)))
    #expect(BudgetPeriod.lifetime.name == "all")
  }
}
