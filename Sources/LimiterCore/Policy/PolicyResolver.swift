/// Which limits a request meets, and how much of each it needs.
package struct PolicyResolver: Sendable {
  /// The counters of a budget stay this long after its period: 40 days, or 90 after they were made without a period.
  static let keepPeriodMilliseconds: Int64 = 40 * 86_400_000
  package static let keepLifetimeMilliseconds: Int64 = 90 * 86_400_000

  private struct PreparedRule: Sendable {
    var rule: LimitRule
    var amount: Int64
    var length: Int64
  }

  package let policy: Policy
  private let rules: [String: [PreparedRule]]
  /// Whose calls share fairly.
  private let sharing: ScopeKey?
  /// Models whose calls can meet nothing but windows.
  private let windowsOnly: Set<String>
  private let period: @Sendable (BudgetPeriodKind, ServerTime) -> BudgetPeriod

  /// A resolver of a policy.
  ///
  /// - Parameter period: the period of a kind at an instant, in the policy's time zone.
  package init(policy: Policy, period: @escaping @Sendable (BudgetPeriodKind, ServerTime) -> BudgetPeriod) {
    self.policy = policy
    self.period = period
    if let fairness = policy.fairness {
      sharing = fairness.scope
    } else {
      sharing = policy.limits.contains { $0.scope.contains(.tenant) } ? .tenant : nil
    }
    rules = policy.models.keys.reduce(into: [:]) { rules, model in
      rules[model] = policy.limits.filter { $0.models?.contains(model) ?? true }.map { Self.prepare($0, policy) }
    }
    windowsOnly = Set(
      rules.filter { _, rules in
        rules.allSatisfy { if case .window = $0.rule.kind { true } else { false } }
      }.keys)
  }

  /// Headroom and guard are a provider's windows' only.
  private static func prepare(_ rule: LimitRule, _ policy: Policy) -> PreparedRule {
    guard case .window(_, let amount, let length) = rule.kind else {
      return PreparedRule(rule: rule, amount: 0, length: 0)
    }
    let microseconds = length.microsecondsRoundedUp
    guard rule.isProviderLimit else { return PreparedRule(rule: rule, amount: amount, length: microseconds) }
    let (whole, rest) = amount.quotientAndRemainder(dividingBy: 1_000)
    let share = whole * policy.headroomPerMille + rest * policy.headroomPerMille / 1_000
    return PreparedRule(
      rule: rule, amount: max(share, 1), length: microseconds + policy.guardTime.microsecondsRoundedUp)
  }

  /// Whose call it is, where calls of a class share fairly; `nil`: they go by their arrival.
  package func share(of request: AdmissionRequest) -> WaiterShare? {
    guard let scope = sharing, let provider = policy.models[request.model]?.provider else { return nil }
    let name = request.value(of: scope, provider: provider) ?? ""
    return WaiterShare(name: name, weight: policy.fairness?.weights[name] ?? 1)
  }

  /// The money that a request is expected to cost: as it says, or by the model's price; `nil` when that is unknown or does
  /// not fit.
  package func cost(of request: AdmissionRequest) -> Int64? {
    if request.amounts.nanodollars > 0 { return request.amounts.nanodollars }
    let amounts = request.amounts
    let price = policy.models[request.model]?.price
    if amounts.inputTokens == 0, amounts.outputTokens == 0 { return price?.cost(tokens: amounts.tokens) }
    return price?.cost(inputTokens: amounts.inputTokens, outputTokens: amounts.outputTokens)
  }

  /// The limits that a valid request meets at an instant, in the order of the policy, with what it needs of each.
  package func resolve(_ request: AdmissionRequest, at time: ServerTime) -> [LimitNeed] {
    guard let model = policy.models[request.model], let rules = rules[request.model] else { return [] }
    return rules.compactMap { prepared in
      let rule = prepared.rule
      var values: [String] = []
      for scope in rule.scope {
        guard let value = request.value(of: scope, provider: model.provider) else { return nil }
        values.append(value)
      }
      let id = rule.scope.isEmpty ? LimitID(rule: rule.name) : LimitID(rule: rule.name, scope: values)
      return need(prepared, id: id, request: request, at: time)
    }
  }

  /// The first limit of a request that is no window, so that a permit must be kept for it.
  package func limitThatNeedsPermit(_ request: AdmissionRequest, at time: ServerTime) -> LimitID? {
    if windowsOnly.contains(request.model) { return nil }
    return resolve(request, at: time).first { need in
      if case .window = need.limit.allowance { false } else { true }
    }?.limit.id
  }

  /// The windows of a model's provider that count a unit, as they are decided, each with the provider's own amount and length.
  package func providerWindows(of model: String, _ unit: Unit) -> [(
    limit: EffectiveLimit, amount: Int64, length: Duration
  )] {
    (rules[model] ?? []).compactMap { prepared in
      guard prepared.rule.isProviderLimit, prepared.rule.scope.isEmpty,
        case .window(unit, let amount, let length) = prepared.rule.kind
      else { return nil }
      let allowance = EffectiveLimit.Allowance.window(amount: prepared.amount, length: prepared.length)
      return (EffectiveLimit(id: LimitID(rule: prepared.rule.name), allowance: allowance), amount, length)
    }
  }

  /// What a request expects to need; at least 1 where usage will be counted, though it expects none: so a limit that is full stops
  /// it, and its permit knows the limit when it is settled.
  private func reservation(of unit: Unit, for request: AdmissionRequest, _ settling: SettleRule) -> Int64 {
    let expected = unit == .nanodollars ? cost(of: request) ?? 0 : request.amounts[unit]
    if expected > 0 || !settling.addsExcess { return expected }
    switch unit {
    case .requests: return 0
    case .tokens, .inputTokens, .outputTokens: return 1
    case .nanodollars: return policy.models[request.model]?.price?.isFree == true ? 0 : 1
    }
  }

  /// What a provider's limit of tokens counts; what the caller states goes before it.
  private func counted(_ request: AdmissionRequest, _ rule: LimitRule, _ unit: Unit) -> Int64? {
    let amounts = request.amounts
    guard unit == .tokens, rule.isProviderLimit, policy.models[request.model]?.counting == .max,
      amounts.tokens == amounts.inputTokens.addingReportingOverflow(amounts.outputTokens).partialValue
    else { return nil }
    return max(amounts.inputTokens, amounts.outputTokens)
  }

  private func need(
    _ prepared: PreparedRule, id: LimitID, request: AdmissionRequest, at time: ServerTime
  ) -> LimitNeed? {
    let allowance: EffectiveLimit.Allowance
    let unit: Unit?
    let amount: Int64
    switch prepared.rule.kind {
    case .window(let counted, _, _):
      allowance = .window(amount: prepared.amount, length: prepared.length)
      let reserved = reservation(of: counted, for: request, prepared.rule.settling)
      (unit, amount) = (counted, self.counted(request, prepared.rule, counted).map { min($0, reserved) } ?? reserved)
    case .budget(let counted, let allowed, let kind):
      allowance = .budget(
        nanodollars: allowed, period: period(kind, time),
        keep: kind == .lifetime ? Self.keepLifetimeMilliseconds : Self.keepPeriodMilliseconds)
      (unit, amount) = (counted, reservation(of: counted, for: request, prepared.rule.settling))
    case .concurrency(let permits):
      allowance = .concurrency(permits: permits)
      (unit, amount) = (nil, 1)
    }
    guard amount > 0 else { return nil }
    let limit = EffectiveLimit(id: id, allowance: allowance, onFailure: prepared.rule.onFailure)
    return LimitNeed(limit: limit, amount: amount, unit: unit, settling: prepared.rule.settling)
  }
}
