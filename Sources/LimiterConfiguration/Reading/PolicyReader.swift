import LimiterCore

/// Reads a policy from the tree of a YAML file and goes on after a mistake, so that all of them are reported at once.
///
/// What could not be read is `nil` and checked no further; whatever the mistakes are, nothing is reported twice.
struct PolicyReader {
  var problems: ProblemList
  let prices: PriceList
  /// The models by name, and what is needed to report mistakes about them later.
  var models: [String: ReadModel] = [:]
  var rules: [LimitRule] = []
  /// The names of limits that are taken.
  var names: [String: YAMLPlace] = [:]
  /// What is only for `limiterd serve`.
  private(set) var server = ServerOptions()
  private(set) var redis: RedisOptions?
  private(set) var providers: [String: ProviderOptions] = [:]
  private(set) var alerts = AlertOptions()
  /// Models that could not be read: their names are known, what is said of them is not.
  var brokenModels: Set<String> = []
  /// What is wrong with a URL of Redis beyond its form; who connects knows it.
  let redisURLMistake: (String) -> String?

  static let keys = [
    "domain", "headroom", "guard", "time_zone", "hold", "session_ttl", "require", "fairness", "models", "limits",
    "server", "redis", "providers", "alerts",
  ]

  init(problems: ProblemList, prices: PriceList, redisURLMistake: @escaping (String) -> String?) {
    self.problems = problems
    self.prices = prices
    self.redisURLMistake = redisURLMistake
  }

  /// The policy; meaningless when there are problems afterwards.
  mutating func policy(from root: YAMLNode) -> Policy {
    var policy = Policy(domain: "")
    guard let fields = mapping(root, at: root.place, path: .root, expected: "a policy", keys: Self.keys) else {
      return policy
    }
    policy.domain = domain(fields) ?? ""
    let defaults = policy
    if let entry = fields["headroom"],
      let headroom = quantity(entry.value, path: fields.path(of: "headroom"), Quantity.perMille)
    {
      policy.headroomPerMille = headroom
    }
    policy.guardTime =
      duration("guard", of: fields, in: .zero...ConfigurationBounds.longestGuard) ?? defaults.guardTime
    policy.hold =
      duration("hold", of: fields, in: ConfigurationBounds.shortestHold...ConfigurationBounds.longestHold)
      ?? defaults.hold
    policy.sessionTimeToLive =
      duration(
        "session_ttl", of: fields, in: ConfigurationBounds.shortestSession...ConfigurationBounds.longestSession)
      ?? defaults.sessionTimeToLive
    policy.timeZone = timeZone(fields) ?? defaults.timeZone
    if let entry = fields["require"] {
      policy.required = scopes(entry.value, path: fields.path(of: "require")) ?? []
    }
    policy.fairness = fairness(fields)
    readModels(fields)
    readLimits(fields)
    checkWhole(fields)
    server = readServer(fields)
    redis = readRedis(fields)
    providers = readProviders(fields)
    alerts = readAlerts(fields)
    policy.models = models.mapValues(\.model)
    policy.limits = rules
    return policy
  }

  private mutating func domain(_ fields: PolicyFields) -> String? {
    let expected = "a name of letters, digits, `.`, `_` and `-`"
    guard let entry = fields["domain"] else {
      problems.add(
        .missingKey, at: fields.place, path: fields.path(of: "domain"), expected: expected, found: "no key `domain`",
        advice: "name the domain, such as `domain: production`")
      return nil
    }
    guard let text = text(entry.value, path: fields.path(of: "domain"), expected: expected) else { return nil }
    return name(text, at: entry.value.place, path: fields.path(of: "domain"), expected: expected)
  }

  private mutating func timeZone(_ fields: PolicyFields) -> String? {
    let path = fields.path(of: "time_zone")
    let expected = "an IANA time zone such as America/New_York"
    guard let entry = fields["time_zone"], let text = text(entry.value, path: path, expected: expected) else {
      return nil
    }
    guard IANATimeZone.named(text) != nil else {
      problems.add(
        .unknownName, at: entry.value.place, path: path, expected: expected, found: entry.value.kind,
        advice: IANATimeZone.suggestion(for: text).map { "did you mean `\($0)`?" })
      return nil
    }
    return text
  }

  private mutating func duration(
    _ key: String, of fields: PolicyFields, in range: ClosedRange<Duration>
  ) -> Duration? {
    guard let entry = fields[key] else { return nil }
    return quantity(entry.value, path: fields.path(of: key)) { text throws(QuantityError) in
      try Quantity.duration(text, in: range)
    }
  }
}
