import LimiterCore
import Testing

/// Which limits a request meets, and how much of each it needs.
@Suite struct PolicyResolverTests {
  static let price = ModelPrice(input: 2_500_000_000, output: 10_000_000_000)

  static func resolver(
    headroom: Int64 = 1_000, guardTime: Duration = .zero, required: [ScopeKey] = [], price: ModelPrice? = price,
    _ limits: [LimitRule]
  ) -> PolicyResolver {
    PolicyResolver(
      policy: Policy(
        domain: "d", headroomPerMille: headroom, guardTime: guardTime, required: required,
        models: ["m": Model(provider: "openai", price: price), "free": Model(provider: "own")], limits: limits)
    ) { kind, time in
      kind == .lifetime
        ? .lifetime
        : period(of: "\(kind)", number: time.microseconds / 100)
    }
  }

  /// Of a hundred microseconds.
  private static func period(of kind: String, number: Int64) -> BudgetPeriod {
    BudgetPeriod(
      name: "\(kind)-\(number)", start: ServerTime(microseconds: 100 * number),
      end: ServerTime(microseconds: 100 * number + 100))
  }

  static func window(
    _ amount: Int64, unit: Unit = .tokens, per scope: [ScopeKey] = [], models: Set<String>? = nil,
    provider: Bool = false
  ) -> LimitRule {
    LimitRule(
      name: "rule", kind: .window(unit: unit, amount: amount, length: .seconds(10)), scope: scope, models: models,
      isProviderLimit: provider)
  }

  private func needs(
    _ resolver: PolicyResolver, _ request: AdmissionRequest, at time: Int64 = 250
  ) -> [LimitNeed] {
    resolver.resolve(request, at: ServerTime(microseconds: time))
  }

  @Test(
    arguments: [
      (500, 800, 400), (1, 800, 1), (1_001, 999, 999), (10, 1_000, 10), (3, 1, 1),
      (9_007_199_254_740_991, 800, 7_205_759_403_792_792),
    ] as [(Int64, Int64, Int64)])
  func headroomIsAShareRoundedDownButNeverNothing(_ amount: Int64, _ headroom: Int64, _ expected: Int64) {
    let resolver = Self.resolver(headroom: headroom, [Self.window(amount, provider: true)])
    #expect(needs(resolver, .init(model: "m", inputTokens: 1)).map(\.limit.amount) == [expected])
  }

  @Test func headroomAndGuardAreForProvidersWindowsOnly() {
    let limits = [
      Self.window(100, provider: true), Self.window(100),
      LimitRule(name: "slots", kind: .concurrency(permits: 10), isProviderLimit: true),
      LimitRule(name: "money", kind: .budget(nanodollars: 100, period: .day), isProviderLimit: true),
    ]
    let resolver = Self.resolver(headroom: 500, guardTime: .milliseconds(250), limits)
    let allowances = needs(resolver, .init(model: "m", inputTokens: 1)).map(\.limit.allowance)
    #expect(allowances.count == 4)
    #expect(allowances[0] == .window(amount: 50, length: 10_250_000))
    #expect(allowances[1] == .window(amount: 100, length: 10_000_000))
    #expect(allowances[2] == .concurrency(permits: 10))
    guard case .budget(100, _, 3_456_000_000) = allowances[3] else {
      Issue.record("\(allowances[3])")
      return
    }
  }

  @Test func aLimitIsCountedPerItsScopesInTheirOrder() {
    let rule = Self.window(9, unit: .requests, per: [.tenant, .model, .provider, .run, .attribute("plan")])
    let resolver = Self.resolver([rule])
    let request = AdmissionRequest(model: "m", tenant: "acme", run: "r1", attributes: ["plan": "pro", "x": "y"])
    #expect(needs(resolver, request).map(\.limit.id.rawValue) == ["rule:acme:m:openai:r1:pro"])
  }

  @Test func whatARequestDoesNotNameIsNotCounted() {
    let resolver = Self.resolver([
      Self.window(9, unit: .requests, per: [.tenant]), Self.window(9, unit: .requests, per: [.attribute("plan")]),
      Self.window(9, unit: .requests, models: ["free"]),
    ])
    #expect(needs(resolver, .init(model: "m")).isEmpty)
    #expect(needs(resolver, .init(model: "free", tenant: "acme")).map(\.limit.id.rawValue) == ["rule:acme", "rule"])
    #expect(needs(resolver, .init(model: "unknown")).isEmpty)
  }

  @Test(arguments: [
    ("plain-1.2_3/x@y", "plain-1.2_3/x@y"), ("a:b", "a%3Ab"), ("{tag}", "%7Btag%7D"), ("a%3Ab", "a%253Ab"),
    ("a b\n\u{0}", "a%20b%0A%00"), ("é", "%C3%A9"),
  ])
  func aScopesValueCannotBeTakenForASeparatorOrAHashTag(_ value: String, _ encoded: String) {
    let resolver = Self.resolver([Self.window(9, unit: .requests, per: [.tenant])])
    #expect(needs(resolver, .init(model: "m", tenant: value)).map(\.limit.id.rawValue) == ["rule:" + encoded])
  }

  @Test func twoScopesNeverShareAName() {
    let resolver = Self.resolver([Self.window(9, unit: .requests, per: [.tenant, .run])])
    let one = needs(resolver, .init(model: "m", tenant: "a:b", run: "c"))
    let other = needs(resolver, .init(model: "m", tenant: "a", run: "b:c"))
    #expect(one != other)
  }

  @Test func whatARequestNeedsNothingOfIsNotAsked_whereItsUsageIsNotCounted() {
    let limits =
      Unit.allCases.map { unit in
        LimitRule(name: "\(unit)", kind: .window(unit: unit, amount: 9, length: .seconds(1)), settling: .reservation)
      } + [LimitRule(name: "s", kind: .concurrency(permits: 1))]
    let units = { (request: AdmissionRequest) in
      Self.resolver(limits).resolve(request, at: ServerTime(microseconds: 0)).map(\.unit)
    }
    #expect(units(.init(model: "m")) == [.requests, nil])
    #expect(units(.init(model: "m", outputTokens: 3)) == [.requests, .tokens, .outputTokens, .nanodollars, nil])
    var nothing = AdmissionRequest(model: "m")
    nothing.amounts.requests = 0
    #expect(units(nothing) == [nil])
  }

  /// I3: a call whose cost nobody has estimated is stopped by a budget that is spent, and its cost is charged afterwards.
  @Test func whereUsageIsCountedAtLeastOneIsReserved() {
    let limits =
      Unit.allCases.map { Self.window(9, unit: $0) }
      + [LimitRule(name: "b", kind: .budget(nanodollars: 9, period: .day))]
    let needs = { (request: AdmissionRequest, price: ModelPrice) in
      Self.resolver(price: price, limits).resolve(request, at: ServerTime(microseconds: 0))
        .map { "\($0.unit.map(\.rawValue) ?? "") \($0.amount)" }
    }
    let nothing = AdmissionRequest(model: "m")
    let tokens = ["requests 1", "tokens 1", "input_tokens 1", "output_tokens 1"]
    #expect(needs(nothing, Self.price) == tokens + ["nanodollars 1", "nanodollars 1"])
    #expect(needs(nothing, ModelPrice(input: 0, output: 0)) == tokens)
    #expect(
      needs(.init(model: "m", inputTokens: 3), ModelPrice(input: 0, output: 5))
        == ["requests 1", "tokens 3", "input_tokens 3", "output_tokens 1", "nanodollars 1", "nanodollars 1"])
  }

  @Test func tokensAreStatedOrInputAndOutputTogether() {
    let resolver = Self.resolver([Self.window(1_000)])
    #expect(needs(resolver, .init(model: "m", inputTokens: 3, outputTokens: 4)).map(\.amount) == [7])
    #expect(needs(resolver, .init(model: "m", inputTokens: 3, outputTokens: 4, tokens: 5)).map(\.amount) == [5])
  }

  @Test func moneyIsStatedOrComputedFromThePriceRoundedUp() {
    let resolver = Self.resolver([LimitRule(name: "b", kind: .budget(nanodollars: 9, period: .day))])
    // 1,000 input tokens at 2.50 USD and 100 output tokens at 10 USD per million: 0.0035 USD.
    #expect(needs(resolver, .init(model: "m", inputTokens: 1_000, outputTokens: 100)).map(\.amount) == [3_500_000])
    // Of which nobody says what they are: all of them may be the dearer ones.
    #expect(needs(resolver, .init(model: "m", tokens: 1_000)).map(\.amount) == [10_000_000])
    var stated = AdmissionRequest(model: "m", inputTokens: 1_000)
    stated.amounts.nanodollars = 42
    #expect(needs(resolver, stated).map(\.amount) == [42])
    #expect(ModelPrice(input: 1, output: 0).cost(inputTokens: 1, outputTokens: 0) == 1)
    #expect(ModelPrice(input: 1, output: 0).cost(inputTokens: 1_000_001, outputTokens: 0) == 2)
    #expect(ModelPrice(input: .max, output: 0).cost(inputTokens: 2, outputTokens: 0) == nil)
    #expect(ModelPrice(input: LimiterBounds.amount, output: 0).cost(inputTokens: 1_000_001, outputTokens: 0) == nil)
  }

  @Test func moneyIsReservedForTheLongestAnswerAndTokensForTheExpectedOne() {
    let resolver = Self.resolver([
      Self.window(100_000), Self.window(100_000, unit: .outputTokens),
      LimitRule(name: "money", kind: .budget(nanodollars: .max, period: .day)),
    ])
    func amounts(_ input: Int64, _ output: Int64, most: Int64, tokens: Int64? = nil) -> [Int64] {
      let request = AdmissionRequest(
        model: "m", inputTokens: input, outputTokens: output, maximumOutputTokens: most, tokens: tokens)
      return needs(resolver, request).map(\.amount)
    }
    #expect(amounts(1_000, 100, most: 5_000) == [1_100, 100, 52_500_000])
    #expect(amounts(1_000, 100, most: 50) == [1_100, 100, 3_500_000], "no less than is expected")
    #expect(amounts(0, 0, most: 50, tokens: 1_000) == [1_000, 1, 10_000_000])
    #expect(amounts(0, 0, most: 5_000, tokens: 1_000) == [1_000, 1, 50_000_000])
  }

  @Test func aBudgetIsOfThePeriodOfTheInstant() {
    let resolver = Self.resolver([
      LimitRule(name: "day", kind: .budget(nanodollars: 9, period: .day)),
      LimitRule(name: "run", kind: .budget(nanodollars: 9, period: .lifetime), scope: [.run]),
    ])
    let request = AdmissionRequest(model: "m", inputTokens: 1, run: "r")
    #expect(needs(resolver, request, at: 250).map(\.limit.keyName) == ["budget:day:day-2", "budget:run:r:all"])
    #expect(needs(resolver, request, at: 350).map(\.limit.keyName) == ["budget:day:day-3", "budget:run:r:all"])
  }

  @Test func whatIsKeptOfTheCallBeforeIsNotTakenForAnotherRunOrPeriod() {
    let resolver = Self.resolver([
      LimitRule(name: "day", kind: .budget(nanodollars: 9, period: .day)),
      LimitRule(name: "hour", kind: .budget(nanodollars: 9, period: .hour), scope: [.run]),
      LimitRule(name: "run", kind: .budget(nanodollars: 9, period: .lifetime), scope: [.run]),
    ])
    // The last instant of a period, the first of the next one, and back: clocks are set.
    for (run, time, period) in [
      ("a", 299, 2), ("a", 300, 3), ("b", 300, 3), ("a", 399, 3), ("a", 200, 2), ("b", 200, 2),
    ] {
      let names = needs(resolver, AdmissionRequest(model: "m", inputTokens: 1, run: run), at: Int64(time)).map(
        \.limit.keyName)
      #expect(names == ["budget:day:day-\(period)", "budget:hour:\(run):hour-\(period)", "budget:run:\(run):all"])
    }
  }

  @Test func limitsAreAlikeByWhatTheySay_whetherTheyWereMadeOnceOrTwice() {
    let limit = EffectiveLimit(id: LimitID(rule: "a"), allowance: .concurrency(permits: 1))
    #expect(limit == EffectiveLimit(id: LimitID(rule: "a"), allowance: .concurrency(permits: 1)))
    for change in [
      { (limit: inout EffectiveLimit) in limit.id = LimitID(rule: "b") },
      { $0.allowance = .concurrency(permits: 2) },
      { $0.onFailure = .closed },
    ] {
      var other = limit
      change(&other)
      #expect(other != limit)
    }
  }

  @Test func aSubRunDrawsOnItsParent_andABudgetCountsRequestsOrTokensToo() {
    let resolver = Self.resolver([
      LimitRule(name: "money", kind: .budget(nanodollars: 9, period: .lifetime), scope: [.run]),
      LimitRule(name: "steps", kind: .budget(unit: .requests, amount: 40, period: .lifetime), scope: [.run]),
      LimitRule(name: "tokens", kind: .budget(unit: .tokens, amount: 500, period: .day)),
    ])
    let request = AdmissionRequest(model: "m", inputTokens: 3, outputTokens: 4, run: "r/search/2")
    let met = needs(resolver, request, at: 250)
    #expect(
      met.map(\.limit.keyName) == ["budget:money:r:all", "budget:steps:r:all", "budget:tokens:day-2"])
    #expect(met.map(\.unit) == [.nanodollars, .requests, .tokens])
    #expect(met.dropFirst().map(\.amount) == [1, 7] && met.dropFirst().map(\.limit.amount) == [40, 500])
  }

  @Test func aProvidersTokensCountAsItCountsThem_andOnesOwnAsTheyAre() {
    let rules = [
      LimitRule(
        name: "theirs", kind: .window(unit: .tokens, amount: 9_000, length: .seconds(60)), isProviderLimit: true,
        settling: .reservation),
      LimitRule(name: "own", kind: .window(unit: .tokens, amount: 9_000, length: .seconds(60))),
    ]
    let policy = Policy(domain: "d", models: ["m": Model(provider: "openai", counting: .max)], limits: rules)
    let resolver = PolicyResolver(policy: policy) { _, _ in .lifetime }
    func amounts(_ request: AdmissionRequest) -> [Int64] {
      resolver.resolve(request, at: ServerTime(microseconds: 0)).map(\.amount)
    }
    #expect(amounts(AdmissionRequest(model: "m", inputTokens: 900, outputTokens: 400)) == [900, 1_300])
    #expect(amounts(AdmissionRequest(model: "m", inputTokens: 100, outputTokens: 400)) == [400, 500])
    #expect(
      amounts(AdmissionRequest(model: "m", inputTokens: 900, outputTokens: 400, tokens: 1_000)) == [1_000, 1_000])
    #expect(
      amounts(AdmissionRequest(model: "m", inputTokens: 900, outputTokens: 400, tokens: 1_300)) == [1_300, 1_300])
    #expect(amounts(AdmissionRequest(model: "m", tokens: 70)) == [70, 70])
    // A call that nobody has estimated is no call of a window that keeps its reservation.
    #expect(amounts(AdmissionRequest(model: "m")) == [1])
  }

  @Test func whatCannotBeDecidedSaysWhy() {
    let budget = LimitRule(name: "b", kind: .budget(nanodollars: 9, period: .day))
    let resolver = Self.resolver(required: [.run, .attribute("plan")], [budget])
    let good = AdmissionRequest(model: "m", inputTokens: 1, run: "r", attributes: ["plan": "pro"])
    func problem(_ change: (inout AdmissionRequest) -> Void) -> String? {
      var request = good
      change(&request)
      return resolver.problem(with: request)?.description
    }
    #expect(problem { _ in } == nil)
    #expect(problem { $0.model = "gpt-9" }?.contains("no model `gpt-9`") == true)
    #expect(problem { $0.run = nil }?.contains("names its run") == true)
    #expect(problem { $0.attributes = [:] }?.contains("attribute.plan") == true)
    #expect(problem { $0.model = "free" }?.contains("price") == true)
    #expect(problem { $0.amounts.inputTokens = -1 }?.contains("input_tokens is out of bounds") == true)
    #expect(problem { $0.amounts.tokens = LimiterBounds.amount + 1 }?.contains("tokens is out of bounds") == true)
    #expect(problem { $0.amounts = Amounts(inputTokens: .max, outputTokens: .max) } != nil)
    #expect(problem { $0.amounts.inputTokens = LimiterBounds.amount }?.contains("does not fit") == true)
    for priority in [0, 11, -1, .max] { #expect(problem { $0.priority = priority }?.contains("1 to 10") == true) }
    for hold in [Duration.zero, .seconds(-1), .seconds(32 * 86_400)] {
      #expect(problem { $0.hold = hold }?.contains("hold") == true)
    }
    for value in ["", String(repeating: "x", count: 257)] {
      #expect(problem { $0.tenant = value }?.contains("1 to 256 bytes") == true)
      #expect(problem { $0.run = value } != nil)
      #expect(problem { $0.attributes["plan"] = value } != nil)
    }
    #expect(problem { $0.tenant = String(repeating: "x", count: 256) } == nil)
  }

  @Test func aBudgetOfStepsNeedsNone() {
    let steps = LimitRule(name: "steps", kind: .budget(unit: .requests, amount: 40, period: .lifetime), scope: [.run])
    let tokens = LimitRule(name: "tokens", kind: .budget(unit: .tokens, amount: 40, period: .day))
    let resolver = Self.resolver([steps, tokens])
    #expect(resolver.problem(with: .init(model: "free", inputTokens: 1, run: "r")) == nil)
  }

  @Test func aWindowOfMoneyNeedsAPriceToo() {
    let resolver = Self.resolver([Self.window(9, unit: .nanodollars)])
    #expect(resolver.problem(with: .init(model: "free", inputTokens: 1)) == .unpriced("free"))
    #expect(resolver.problem(with: .init(model: "m", inputTokens: 1)) == nil)
  }
}
