/// One configured rule of a policy.
public struct LimitRule: Sendable, Hashable {
  /// Unique in the policy; letters, digits, `.`, `_`, `-`.
  public var name: String
  /// What it limits, and how much.
  public var kind: LimitKind
  /// What it is counted per; empty: once for the domain. A request that does not name one of these is not counted.
  public var scope: [ScopeKey]
  /// The models whose calls it counts; `nil`: all.
  public var models: Set<String>?
  /// Whether this is a provider's limit, whose windows get the guard and the headroom.
  public var isProviderLimit: Bool
  /// What happens to the reservation when a permit is settled.
  public var settling: SettleRule
  /// What decides on it while Redis gives no answer.
  public var onFailure: FailureMode

  /// A rule.
  ///
  /// - Parameter onFailure: `nil`: budgets are closed, all others go on by local shares.
  public init(
    name: String, kind: LimitKind, scope: [ScopeKey] = [], models: Set<String>? = nil, isProviderLimit: Bool = false,
    settling: SettleRule = .actual, onFailure: FailureMode? = nil
  ) {
    self.onFailure = onFailure ?? kind.usualFailureMode
    self.name = name
    self.kind = kind
    self.scope = scope
    self.models = models
    self.isProviderLimit = isProviderLimit
    self.settling = settling
  }
}

/// The kinds of limits.
public enum LimitKind: Sendable, Hashable {
  /// At most `amount` of `unit` in every span of `length`.
  case window(unit: Unit, amount: Int64, length: Duration)
  /// At most `amount` of `unit` per period: money, or requests and tokens, such as the steps of a run.
  case budget(unit: Unit, amount: Int64, period: BudgetPeriodKind)
  /// At most `permits` calls at once.
  case concurrency(permits: Int64)

  /// Money that nobody counts may be spent twice; a rate that nobody counts is counted by the provider.
  public var usualFailureMode: FailureMode {
    if case .budget = self { .closed } else { .local }
  }

  /// At most so much money per period.
  public static func budget(nanodollars: Int64, period: BudgetPeriodKind) -> LimitKind {
    .budget(unit: .nanodollars, amount: nanodollars, period: period)
  }
}

/// The period of a budget.
public enum BudgetPeriodKind: String, Sendable, Hashable, CaseIterable {
  /// The whole life of the scope, such as a run. It never starts anew.
  case lifetime
  case hour
  case day
  case week
  case month
}

/// What a limit is counted per.
public enum ScopeKey: Sendable, Hashable {
  case model
  case provider
  case tenant
  case run
  /// Any attribute of the request, by name.
  case attribute(String)
}

/// Whether a settled permit gives back what it did not use, and whether what it used above its reservation is added.
///
/// Providers differ: OpenAI gives back nothing of a request's estimate, a tenant's own limit gives back all.
public struct SettleRule: Sendable, Hashable {
  /// What was reserved and not used is given back.
  public var refunds: Bool
  /// What was used above the reservation is added.
  public var addsExcess: Bool

  /// A rule.
  public init(refunds: Bool, addsExcess: Bool) {
    self.refunds = refunds
    self.addsExcess = addsExcess
  }

  /// Real usage replaces the reservation.
  public static let actual = SettleRule(refunds: true, addsExcess: true)
  /// The reservation stays, whatever was used.
  public static let reservation = SettleRule(refunds: false, addsExcess: false)

  /// What stays charged for a reservation of which `used` was used.
  public func charge(reserved: Int64, used: Int64) -> Int64 {
    if used < reserved { return refunds ? used : reserved }
    return addsExcess ? used : reserved
  }
}
