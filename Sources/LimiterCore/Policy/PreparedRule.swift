import Synchronization

/// A rule of a model, with headroom and guard applied.
final class PreparedRule: Sendable {
  private enum Allowing {
    case always(EffectiveLimit.Allowance)
    case inPeriod(BudgetPeriodKind, Int64)
  }

  let kind: LimitKind
  let unit: Unit?
  let isProviderLimit: Bool
  let settling: SettleRule
  /// The limit of every call, of a window or of slots that is counted once.
  let constant: EffectiveLimit?
  private let name: String
  private let scope: [ScopeKey]
  private let onFailure: FailureMode
  private let allows: Allowing
  /// That of the last call: mostly it is that of the next one, too.
  private let last = Mutex<EffectiveLimit?>(nil)

  init(_ rule: LimitRule, in policy: Policy) {
    name = rule.name
    kind = rule.kind
    scope = rule.scope
    isProviderLimit = rule.isProviderLimit
    settling = rule.settling
    onFailure = rule.onFailure
    switch rule.kind {
    case .window(let unit, let amount, let length):
      self.unit = unit
      allows = .always(Self.window(amount, length, isProviderLimit: rule.isProviderLimit, in: policy))
    case .budget(let unit, let amount, .lifetime):
      self.unit = unit
      allows = .always(
        .budget(nanodollars: amount, period: .lifetime, keep: PolicyResolver.keepLifetimeMilliseconds))
    case .budget(let unit, let amount, let kind):
      self.unit = unit
      allows = .inPeriod(kind, amount)
    case .concurrency(let permits):
      unit = nil
      allows = .always(.concurrency(permits: permits))
    }
    if rule.scope.isEmpty, case .always(let allowance) = allows {
      constant = EffectiveLimit(id: LimitID(rule: rule.name), allowance: allowance, onFailure: rule.onFailure)
    } else {
      constant = nil
    }
  }

  /// Headroom and guard are a provider's windows' only.
  private static func window(
    _ amount: Int64, _ length: Duration, isProviderLimit: Bool, in policy: Policy
  ) -> EffectiveLimit.Allowance {
    let microseconds = length.microsecondsRoundedUp
    guard isProviderLimit else { return .window(amount: amount, length: microseconds) }
    let (whole, rest) = amount.quotientAndRemainder(dividingBy: 1_000)
    let share = whole * policy.headroomPerMille + rest * policy.headroomPerMille / 1_000
    return .window(amount: max(share, 1), length: microseconds + policy.guardTime.microsecondsRoundedUp)
  }

  /// The limit that a call meets; `nil`: it does not name what the rule is counted per.
  func limit(
    for request: AdmissionRequest, of model: PreparedModel, at time: ServerTime,
    _ period: (BudgetPeriodKind, ServerTime) -> BudgetPeriod
  ) -> EffectiveLimit? {
    if let constant { return constant }
    guard let id = id(for: request, of: model) else { return nil }
    return last.withLock { last in
      if let last, last.id == id, isCurrent(last, at: time) { return last }
      let limit = EffectiveLimit(id: id, allowance: allowance(at: time, period), onFailure: onFailure)
      last = limit
      return limit
    }
  }

  private func isCurrent(_ limit: EffectiveLimit, at time: ServerTime) -> Bool {
    if case .inPeriod = allows, case .budget(_, let period, _) = limit.allowance { period.contains(time) } else { true }
  }

  private func allowance(
    at time: ServerTime, _ period: (BudgetPeriodKind, ServerTime) -> BudgetPeriod
  ) -> EffectiveLimit.Allowance {
    switch allows {
    case .always(let allowance): allowance
    case .inPeriod(let kind, let amount):
      .budget(nanodollars: amount, period: period(kind, time), keep: PolicyResolver.keepPeriodMilliseconds)
    }
  }

  private func id(for request: AdmissionRequest, of model: PreparedModel) -> LimitID? {
    var values: [String] = []
    for key in scope {
      guard let value = request.value(of: key, provider: model.provider) else { return nil }
      values.append(value)
    }
    return LimitID(rule: name, scope: values)
  }

  /// What a call expects to need; at least 1 where usage will be counted, though it expects none: so a limit that is full stops it, and
  /// its permit knows the limit when it is settled. Zero: nothing.
  func reservation(for request: AdmissionRequest, of model: PreparedModel) -> Int64 {
    guard let unit else { return 1 }
    let reserved = reserved(unit, for: request, of: model)
    guard case .window = kind, let counted = counted(unit, request.amounts, model) else { return reserved }
    return min(counted, reserved)
  }

  private func reserved(_ unit: Unit, for request: AdmissionRequest, of model: PreparedModel) -> Int64 {
    let amounts = request.amounts
    let expected = unit == .nanodollars ? model.cost(of: amounts) ?? 0 : amounts[unit]
    if expected > 0 || !settling.addsExcess { return expected }
    switch unit {
    case .requests: return 0
    case .tokens, .inputTokens, .outputTokens: return 1
    case .nanodollars: return model.price?.isFree == true ? 0 : 1
    }
  }

  /// What a provider's limit of tokens counts; what the caller states goes before it.
  private func counted(_ unit: Unit, _ amounts: Amounts, _ model: PreparedModel) -> Int64? {
    guard unit == .tokens, isProviderLimit, model.counting == .max, amounts.statedTokens == nil else { return nil }
    return max(amounts.inputTokens, amounts.outputTokens)
  }
}
