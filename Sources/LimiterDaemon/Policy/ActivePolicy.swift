import LimiterConfiguration
import LimiterClient
package import LimiterCore

/// The policy that is in force, prepared for the hot path.
package struct ActivePolicy: Sendable {
  /// What is known of a rule when a permit is settled.
  struct RuleFacts: Sendable, Hashable {
    var unit: Unit?
    var settling: SettleRule
    /// Of a window, in microseconds, the guard included.
    var length: Int64?
  }

  let resolver: PolicyResolver
  private let rules: [String: RuleFacts]

  package var policy: Policy { resolver.policy }

  /// `nil` when the policy's time zone is unknown.
  package init?(_ policy: Policy) {
    guard let resolver = PolicyResolver(policy: policy) else { return nil }
    self.resolver = resolver
    rules = Dictionary(policy.limits.map { ($0.name, Self.facts(of: $0, in: policy)) }) { first, _ in first }
  }

  private static func facts(of rule: LimitRule, in policy: Policy) -> RuleFacts {
    switch rule.kind {
    case .window(let unit, _, let length):
      let whole = rule.isProviderLimit ? length + policy.guardTime : length
      return RuleFacts(unit: unit, settling: rule.settling, length: whole.microsecondsRoundedUp)
    case .budget(let unit, _, _): return RuleFacts(unit: unit, settling: rule.settling)
    case .concurrency: return RuleFacts(unit: nil, settling: rule.settling)
    }
  }

  /// The facts of a limit's rule; `nil` when the policy has it no longer.
  func facts(of limit: LimitID) -> RuleFacts? {
    if let facts = rules[limit.rawValue] { return facts }
    let name = limit.rawValue.prefix { $0 != ":" }
    return rules[String(name)]
  }

  /// A need with what is known of it when its permit is settled; what the policy has no longer stays as reserved.
  func need(_ amount: Int64, of limit: EffectiveLimit) -> LimitNeed {
    let facts = facts(of: limit.id)
    return LimitNeed(limit: limit, amount: amount, unit: facts?.unit, settling: facts?.settling ?? .reservation)
  }

  /// The limit of a rule that is counted once for the domain, or once for a model that is given; `nil` for others.
  func effectiveLimit(of rule: LimitRule, model: String?, at time: ServerTime) -> EffectiveLimit? {
    let isKnown = rule.scope.allSatisfy { model != nil && ($0 == .model || $0 == .provider) }
    guard isKnown, let model = model ?? rule.models?.min() ?? policy.models.keys.min() else { return nil }
    var request = AdmissionRequest(model: model)
    request.amounts = Amounts(requests: 1, inputTokens: 1, outputTokens: 1, tokens: 1, nanodollars: 1)
    return resolver.resolve(request, at: time).map(\.limit).first {
      $0.id.rawValue.prefix { $0 != ":" } == rule.name
    }
  }
}
