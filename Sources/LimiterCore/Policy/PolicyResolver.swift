/// Which limits a request meets, and how much of each it needs.
///
/// What does not depend on a call is prepared once per model.
package struct PolicyResolver: Sendable {
  /// The counters of a budget stay this long after its period: 40 days, or 90 after they were made without a period.
  static let keepPeriodMilliseconds: Int64 = 40 * 86_400_000
  package static let keepLifetimeMilliseconds: Int64 = 90 * 86_400_000

  package let policy: Policy
  private let models: [String: PreparedModel]
  /// Whose calls share fairly.
  private let sharing: ScopeKey?
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
    models = Dictionary(
      uniqueKeysWithValues: policy.models.map { ($0, PreparedModel($0, $1, in: policy)) })
  }

  /// What is known of a model; `nil`: the policy does not name it.
  func model(_ name: String) -> PreparedModel? { models[name] }

  /// Whose call it is, where calls of a class share fairly; `nil`: they go by their arrival.
  package func share(of request: AdmissionRequest) -> WaiterShare? {
    guard let scope = sharing, let provider = models[request.model]?.provider else { return nil }
    let name = request.value(of: scope, provider: provider) ?? ""
    return WaiterShare(name: name, weight: policy.fairness?.weights[name] ?? 1)
  }

  /// The limits that a valid request meets at an instant, in the order of the policy, with what it needs of each.
  package func resolve(_ request: AdmissionRequest, at time: ServerTime) -> [LimitNeed] {
    guard let model = models[request.model] else { return [] }
    var needs: [LimitNeed] = []
    needs.reserveCapacity(model.rules.count)
    for rule in model.rules {
      let amount = rule.reservation(for: request, of: model)
      guard amount > 0, let limit = rule.limit(for: request, of: model, at: time, period) else { continue }
      needs.append(LimitNeed(limit: limit, amount: amount, unit: rule.unit, settling: rule.settling))
    }
    return needs
  }

  /// The first limit of a request that is no window, so that a permit must be kept for it.
  package func limitThatNeedsPermit(_ request: AdmissionRequest, at time: ServerTime) -> LimitID? {
    if models[request.model]?.hasOnlyWindows ?? true { return nil }
    return resolve(request, at: time).first { need in
      if case .window = need.limit.allowance { false } else { true }
    }?.limit.id
  }

  /// The windows of a model's provider that count a unit, as they are decided, each with the provider's own amount and length.
  package func providerWindows(of model: String, _ unit: Unit) -> [(
    limit: EffectiveLimit, amount: Int64, length: Duration
  )] {
    (models[model]?.rules ?? []).compactMap { rule in
      guard rule.isProviderLimit, let limit = rule.constant, case .window(unit, let amount, let length) = rule.kind
      else { return nil }
      return (limit, amount, length)
    }
  }
}
