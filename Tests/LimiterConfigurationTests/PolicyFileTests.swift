import LimiterConfiguration
import LimiterCore
import Testing

@Suite("A policy is read from YAML")
struct PolicyFileTests {
  @Test("the example policy says what it seems to say")
  func example() throws {
    let policy = try PolicyFile.read(path: Files.path("docs/limiterd.example.yaml"))
    #expect(policy.domain == "production")
    #expect(policy.headroomPerMille == 800)
    #expect(policy.guardTime == .milliseconds(250))
    #expect(policy.timeZone == "America/New_York")
    #expect(policy.hold == .seconds(600))
    #expect(policy.sessionTimeToLive == .seconds(10))
    #expect(policy.required == [.run])
    #expect(policy.models["gpt-4o"]?.price == ModelPrice(input: 2_500_000_000, output: 10_000_000_000))
    #expect(policy.models["claude-sonnet-4-5"]?.price == ModelPrice(input: 3_000_000_000, output: 15_000_000_000))
    #expect(policy.models["fast"]?.price == policy.models["gpt-4o-mini"]?.price)
    #expect(
      policy.limits.map(\.name) == [
        "gpt-4o.requests", "gpt-4o.requests.1d", "gpt-4o.tokens", "gpt-4o.concurrency", "gpt-4o-mini.requests",
        "gpt-4o-mini.tokens", "gpt-4o-mini.concurrency", "claude-sonnet-4-5.requests", "claude-sonnet-4-5.input_tokens",
        "claude-sonnet-4-5.output_tokens", "claude-sonnet-4-5.concurrency", "fast.tokens", "tenant-tokens",
        "run-budget", "run-steps", "tenant-budget", "day-budget", "pro-calls",
      ])
    let rules = Dictionary(uniqueKeysWithValues: policy.limits.map { ($0.name, $0) })
    #expect(
      rules["gpt-4o.tokens"]
        == LimitRule(
          name: "gpt-4o.tokens", kind: .window(unit: .tokens, amount: 30_000, length: .seconds(60)), models: ["gpt-4o"],
          isProviderLimit: true, settling: .reservation))
    #expect(
      rules["gpt-4o.concurrency"]
        == LimitRule(
          name: "gpt-4o.concurrency", kind: .concurrency(permits: 10), models: ["gpt-4o"], isProviderLimit: true,
          settling: .actual))
    #expect(rules["claude-sonnet-4-5.output_tokens"]?.settling == .actual)
    #expect(rules["fast.tokens"]?.settling == .reservation)
    #expect(
      rules["run-budget"]
        == LimitRule(
          name: "run-budget", kind: .budget(nanodollars: 1_000_000_000, period: .lifetime), scope: [.run]))
    #expect(
      rules["pro-calls"]
        == LimitRule(
          name: "pro-calls", kind: .window(unit: .requests, amount: 10, length: .seconds(10)),
          scope: [.tenant, .attribute("plan")], models: ["gpt-4o"]))
  }

  @Test("what decides without Redis is said per limit and per model, and money is closed unless it says otherwise")
  func onFailure() throws {
    let policy = try PolicyFile.parse(
      """
      domain: d
      models:
        gpt-4o: {on_failure: open, limits: {requests: 5/1s, concurrency: 2}}
      limits:
        calls: {requests: 1/1s}
        steps: {per: run, budget: 4 requests, on_failure: local}
        money: {budget: 1.00 USD/day}
        closed: {concurrency: 3, on_failure: closed}
      """, name: "t")
    let modes = Dictionary(uniqueKeysWithValues: policy.limits.map { ($0.name, $0.onFailure) })
    #expect(
      modes == [
        "gpt-4o.requests": .open, "gpt-4o.concurrency": .open, "calls": .local, "steps": .local, "money": .closed,
        "closed": .closed,
      ])
  }

  @Test("what is left out has the default of the documentation")
  func defaults() throws {
    let policy = try PolicyFile.parse(
      "domain: d\nmodels: {gpt-4o: {}}\nlimits:\n  calls: {requests: 1/1s}\n", name: "t")
    #expect(
      policy
        == Policy(
          domain: "d",
          models: [
            "gpt-4o": Model(
              provider: "openai", price: ModelPrice(input: 2_500_000_000, output: 10_000_000_000), counting: .max)
          ],
          limits: [LimitRule(name: "calls", kind: .window(unit: .requests, amount: 1, length: .seconds(1)))]))
  }

  @Test(
    "windows keep the reservation or the real usage, as the provider does",
    arguments: [
      ("openai", SettleRule.reservation), ("azure", .reservation), ("anthropic", .actual), ("gemini", .actual),
      ("bedrock", .actual), ("groq", .actual), ("my-own-gateway", .actual),
    ])
  func profiles(provider: String, settling: SettleRule) throws {
    for (override, expected) in [
      ("", settling), ("settle: actual, ", .actual), ("settle: reservation, ", .reservation),
    ] {
      let policy = try PolicyFile.parse(
        "domain: d\nmodels:\n  m: {provider: \(provider), \(override)limits: {tokens: 1000/1m, concurrency: 5}}\n",
        name: "t")
      #expect(policy.limits.map(\.settling) == [expected, .actual])
    }
  }

  @Test("the provider of a listed model need not be said")
  func listedProvider() throws {
    let policy = try PolicyFile.parse("domain: d\nmodels:\n  gpt-4o: {limits: {requests: 10/1m}}\n", name: "t")
    #expect(policy.models["gpt-4o"]?.provider == "openai")
    #expect(policy.limits.first?.settling == .reservation)
  }

  @Test("a model's name is encoded in the names of its limits")
  func encodedModel() throws {
    let policy = try PolicyFile.parse(
      """
      domain: d
      models:
        "azure/gpt-4o": {provider: azure, limits: {requests: 10/1m}}
        "anthropic.claude-v2:1": {provider: bedrock, limits: {requests: 10/1m}}
        "my {model}*": {provider: own, limits: {requests: 10/1m}}
      """, name: "t")
    #expect(
      policy.limits.map(\.name) == [
        "azure/gpt-4o.requests", "anthropic.claude-v2%3A1.requests", "my%20%7Bmodel%7D%2A.requests",
      ])
    #expect(policy.limits.map(\.models) == [["azure/gpt-4o"], ["anthropic.claude-v2:1"], ["my {model}*"]])
  }

  @Test("quotes, comments, carriage returns and a byte order mark make no difference")
  func spelling() throws {
    let plain = try PolicyFile.parse(
      "domain: d\nmodels: {gpt-4o: {}}\nlimits:\n  a: {per: tenant, requests: 5/1s}\n", name: "t")
    for text in [
      "\u{FEFF}domain: d\nmodels: {gpt-4o: {}}\nlimits:\n  a: {per: tenant, requests: 5/1s}\n",
      "domain: d\r\nmodels: {gpt-4o: {}}\r\nlimits:\r\n  a: {per: tenant, requests: 5/1s}\r\n",
      "# *c* 'x\n\"domain\": 'd' # \"\nlimits: {a: {\"per\": [tenant], 'requests': \"5/1s\"}}\nmodels:\n  'gpt-4o': {}",
      "---\ndomain: d\nlimits:\n  a:\n    per:\n    - tenant\n    requests: 5/1s\nmodels: {gpt-4o: {}}\n...\n",
    ] {
      #expect(try PolicyFile.parse(text, name: "t") == plain)
    }
  }
}
