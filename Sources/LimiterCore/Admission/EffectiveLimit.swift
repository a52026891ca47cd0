/// A limit as it is decided: for one scope, one period, with headroom and guard already applied.
///
/// A reference to what never changes: it is copied with every need of every call, and compared with that of the call before.
public struct EffectiveLimit: Sendable {
  private final class Facts: Sendable {
    let id: LimitID
    let allowance: Allowance
    let onFailure: FailureMode

    init(_ id: LimitID, _ allowance: Allowance, _ onFailure: FailureMode) {
      self.id = id
      self.allowance = allowance
      self.onFailure = onFailure
    }
  }

  private var facts: Facts

  /// Its name in Redis.
  public var id: LimitID {
    get { facts.id }
    set { facts = Facts(newValue, allowance, onFailure) }
  }

  /// What it allows.
  public var allowance: Allowance {
    get { facts.allowance }
    set { facts = Facts(id, newValue, onFailure) }
  }

  /// What decides on it while Redis gives no answer.
  public var onFailure: FailureMode {
    get { facts.onFailure }
    set { facts = Facts(id, allowance, newValue) }
  }

  /// A limit for one scope.
  ///
  /// - Parameter onFailure: `nil`: budgets are closed, all others go on by local shares.
  public init(id: LimitID, allowance: Allowance, onFailure: FailureMode? = nil) {
    facts = Facts(id, allowance, onFailure ?? allowance.usualFailureMode)
  }

  /// What a limit allows.
  public enum Allowance: Sendable, Hashable {
    /// At most `amount` in every span of `length` microseconds of server time.
    case window(amount: Int64, length: Int64)
    /// At most `nanodollars` in the period. The counters stay `keep` milliseconds after the period's end, or after they
    /// were made when it has none.
    case budget(nanodollars: Int64, period: BudgetPeriod, keep: Int64)
    /// At most `permits` at once.
    case concurrency(permits: Int64)

    var usualFailureMode: FailureMode {
      if case .budget = self { .closed } else { .local }
    }
  }

  /// The largest amount that it can ever admit.
  public var amount: Int64 {
    switch allowance {
    case .window(let amount, _): amount
    case .budget(let nanodollars, _, _): nanodollars
    case .concurrency(let permits): permits
    }
  }

  /// The key in Redis behind the domain's prefix: `window:<limit>`, `budget:<limit>:<period>` or `slots:<limit>`.
  public var keyName: String {
    switch allowance {
    case .window: id.windowKey
    case .budget(_, let period, _): "budget:\(id.rawValue):\(period.name)"
    case .concurrency: id.slotsKey
    }
  }
}

extension EffectiveLimit: Hashable {
  /// Whether they are the same limit, allow the same and fail alike.
  public static func == (left: EffectiveLimit, right: EffectiveLimit) -> Bool {
    left.facts === right.facts
      || (left.id == right.id && left.allowance == right.allowance && left.onFailure == right.onFailure)
  }

  /// By the name alone: limits of one name that allow something else are rare.
  public func hash(into hasher: inout Hasher) { hasher.combine(id) }
}

extension EffectiveLimit {
  /// Whether it limits money.
  package var isBudget: Bool {
    if case .budget = allowance { true } else { false }
  }

  /// Whether it limits calls at once.
  package var isConcurrency: Bool {
    if case .concurrency = allowance { true } else { false }
  }
}
