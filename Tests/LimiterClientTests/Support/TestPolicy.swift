import LimiterCore

/// Policies of the tests: the model `m` costs 1 nanodollar per input token and 2 per output token.
enum TestPolicy {
  static func policy(
    _ domain: String, timeToLive: Duration = .seconds(10), hold: Duration = .seconds(600),
    required: [ScopeKey] = [], _ limits: [LimitRule]
  ) -> Policy {
    Policy(
      domain: domain, headroomPerMille: 1_000, guardTime: .zero, hold: hold, sessionTimeToLive: timeToLive,
      required: required,
      models: [
        "m": Model(provider: "p", price: ModelPrice(input: 1_000_000, output: 2_000_000)),
        "unpriced": Model(provider: "p"),
      ], limits: limits)
  }

  static func tokens(
    _ amount: Int64, per length: Duration = .seconds(60), settling: SettleRule = .actual
  ) -> LimitRule {
    LimitRule(
      name: "tokens", kind: .window(unit: .tokens, amount: amount, length: length), settling: settling)
  }

  static func requests(_ amount: Int64, per length: Duration = .seconds(60)) -> LimitRule {
    LimitRule(name: "requests", kind: .window(unit: .requests, amount: amount, length: length), settling: .reservation)
  }

  static func slots(_ permits: Int64) -> LimitRule {
    LimitRule(name: "slots", kind: .concurrency(permits: permits))
  }

  /// Per run, for its whole life; in Redis `budget:run:<run>:all`.
  static func runBudget(_ nanodollars: Int64) -> LimitRule {
    LimitRule(name: "run", kind: .budget(nanodollars: nanodollars, period: .lifetime), scope: [.run])
  }

  static func dayBudget(_ nanodollars: Int64) -> LimitRule {
    LimitRule(name: "day", kind: .budget(nanodollars: nanodollars, period: .day))
  }

  /// One of each kind, with room for many calls.
  static var roomy: [LimitRule] { [tokens(1_000_000), requests(10_000), slots(1_000), runBudget(1_000_000_000)] }
}

/// A call of 10 tokens that is expected to cost 14 nanodollars.
func call(
  tokens: Int64 = 10, run: String? = "r", priority: Int = 5, hold: Duration? = nil
) -> AdmissionRequest {
  AdmissionRequest(
    model: "m", inputTokens: tokens - 4, outputTokens: 4, run: run, priority: priority, hold: hold)
}
