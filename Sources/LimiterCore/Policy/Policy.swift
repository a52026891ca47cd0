/// A policy: the models of a domain, what they cost, and the limits that their calls share.
public struct Policy: Sendable, Hashable {
  /// The namespace whose limits are decided together: one Redis hash tag.
  public var domain: String
  /// The share of every provider's limit that is used, in thousandths: 800 is 0.8.
  public var headroomPerMille: Int64
  /// Time added to every provider's window, because a call arrives at the provider some time after it was admitted.
  public var guardTime: Duration
  /// The IANA time zone in which budgets' periods begin and end.
  public var timeZone: String
  /// How long a permit may be held before it ends as abandoned, unless it is renewed.
  public var hold: Duration
  /// How long a session lives without a heartbeat.
  public var sessionTimeToLive: Duration
  /// What every request must name.
  public var required: [ScopeKey]
  /// Who shares fairly with whom among the calls of a priority class; `nil`: tenants, if a limit is counted per tenant.
  public var fairness: Fairness?
  /// The models, by name.
  public var models: [String: Model]
  /// The limits in the order of the file, the models' own first.
  public var limits: [LimitRule]

  /// A policy; see ``Policy`` for units and defaults.
  public init(
    domain: String, headroomPerMille: Int64 = 800, guardTime: Duration = .milliseconds(250), timeZone: String = "UTC",
    hold: Duration = .seconds(600), sessionTimeToLive: Duration = .seconds(10), required: [ScopeKey] = [],
    fairness: Fairness? = nil, models: [String: Model] = [:], limits: [LimitRule] = []
  ) {
    self.domain = domain
    self.headroomPerMille = headroomPerMille
    self.guardTime = guardTime
    self.timeZone = timeZone
    self.hold = hold
    self.sessionTimeToLive = sessionTimeToLive
    self.required = required
    self.fairness = fairness
    self.models = models
    self.limits = limits
  }
}

/// A model of a provider and its price.
public struct Model: Sendable, Hashable {
  /// The provider's name, such as `openai`.
  public var provider: String
  /// What its tokens cost; `nil`: unknown, so no budget can apply to it.
  public var price: ModelPrice?
  /// How the provider's limits of tokens count a call.
  public var counting: TokenCounting

  /// A model.
  public init(provider: String, price: ModelPrice? = nil, counting: TokenCounting = .sum) {
    self.provider = provider
    self.price = price
    self.counting = counting
  }
}

/// What tokens cost, in nanodollars per million tokens (2.5 USD per million tokens is 2,500,000,000).
public struct ModelPrice: Sendable, Hashable {
  /// Nanodollars per million input tokens.
  public var input: Int64
  /// Nanodollars per million output tokens.
  public var output: Int64

  /// A price.
  public init(input: Int64, output: Int64) {
    self.input = input
    self.output = output
  }

  /// Whether every call costs nothing.
  public var isFree: Bool { input == 0 && output == 0 }

  /// What tokens cost at most of which nobody says whether they are input or output; `nil` where that is too large a number.
  package func cost(tokens: Int64) -> Int64? {
    input >= output ? cost(inputTokens: tokens, outputTokens: 0) : cost(inputTokens: 0, outputTokens: tokens)
  }

  /// The price of a call in nanodollars, rounded up; `nil` when it does not fit ``LimiterBounds/amount``.
  public func cost(inputTokens: Int64, outputTokens: Int64) -> Int64? {
    let (inputCost, inputOverflow) = input.multipliedReportingOverflow(by: inputTokens)
    let (outputCost, outputOverflow) = output.multipliedReportingOverflow(by: outputTokens)
    let (sum, sumOverflow) = inputCost.addingReportingOverflow(outputCost)
    guard !inputOverflow, !outputOverflow, !sumOverflow else { return nil }
    let cost = sum / 1_000_000 + (sum % 1_000_000 == 0 ? 0 : 1)
    return cost <= LimiterBounds.amount ? cost : nil
  }
}
