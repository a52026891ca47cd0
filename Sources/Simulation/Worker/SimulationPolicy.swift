import LimiterCore
package import Oracle

/// The limits of a run as the limiter has to keep them, and as the oracle has to find them kept.
package struct SimulationPolicy: Codable, Sendable {
  package static let run = "simulation"
  static let budgetName = "run-budget"

  package var domain: String
  package var model: SimulatedModel
  /// The other models of a chain; `nil`: calls have no chain. With one, each model has the limits for itself, `gpt-4o.requests`.
  package var fallbacks: [SimulatedModel]?
  package var limits: SimulationLimits
  package var budget: Int64?
  package var headroomPerMille: Int64
  package var guardMicroseconds: Int64

  package var models: [SimulatedModel] { [model] + (fallbacks ?? []) }

  func name(_ limit: String, of model: SimulatedModel) -> String {
    fallbacks == nil ? limit : "\(model.name).\(limit)"
  }

  /// For the limiter.
  var policy: Policy {
    var rules: [LimitRule] = []
    for model in models {
      let only: Set<String>? = fallbacks == nil ? nil : [model.name]
      for window in limits.windows {
        rules.append(
          LimitRule(
            name: name(window.name, of: model),
            kind: .window(unit: Self.unit(window.unit), amount: window.amount, length: window.length),
            models: only, isProviderLimit: true))
      }
      if let permits = limits.concurrency {
        rules.append(
          LimitRule(
            name: name("concurrency", of: model), kind: .concurrency(permits: permits), models: only,
            isProviderLimit: true))
      }
    }
    if let budget {
      rules.append(
        LimitRule(name: Self.budgetName, kind: .budget(nanodollars: budget, period: .lifetime), scope: [.run]))
    }
    return Policy(
      domain: domain, headroomPerMille: headroomPerMille, guardTime: .microseconds(guardMicroseconds),
      models: Dictionary(
        models.map { ($0.name, Model(provider: "simulated", price: $0.price)) }, uniquingKeysWith: { first, _ in first }
      ),
      limits: rules)
  }

  /// For the oracle over the append-only file, said again in its own words: what each key may hold.
  package var oracleLimits: OracleLimits {
    var windows: [String: OracleLimits.Window] = [:]
    var concurrency: [String: Int64] = [:]
    for model in models {
      for window in keptWindows {
        windows[name(window.name, of: model)] = .init(
          amount: window.amount, lengthMicroseconds: window.lengthMicroseconds)
      }
      if let permits = limits.concurrency { concurrency[name("concurrency", of: model)] = permits }
    }
    return OracleLimits(
      windows: windows, budgets: budget.map { ["\(Self.budgetName):\(Self.run)": $0] } ?? [:],
      concurrency: concurrency)
  }

  /// For the oracle over the grants as workers saw them.
  package var grantRules: [ArrivalOracle.Rule] { keptWindows.map(Self.rule) }

  /// For the oracle over the provider's log: the provider's own limits, whatever the limiter makes of them.
  package var providerRules: [ArrivalOracle.Rule] { limits.windows.map(Self.rule) }

  /// What the limiter has to keep to: a share of each of the provider's windows, in a span that is the guard longer.
  var keptWindows: [WindowRule] {
    limits.windows.map { window in
      WindowRule(
        unit: window.unit, amount: window.usable(headroomPerMille: headroomPerMille),
        length: window.length + .microseconds(guardMicroseconds))
    }
  }

  private static func rule(_ window: WindowRule) -> ArrivalOracle.Rule {
    ArrivalOracle.Rule(
      name: window.name, unit: window.unit.rawValue, amount: window.amount,
      lengthMicroseconds: window.lengthMicroseconds)
  }

  private static func unit(_ unit: AmountUnit) -> Unit {
    switch unit {
    case .requests: .requests
    case .tokens: .tokens
    case .inputTokens: .inputTokens
    case .outputTokens: .outputTokens
    }
  }
}
