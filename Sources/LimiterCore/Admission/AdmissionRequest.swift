/// What a caller says of a call before it is made.
public struct AdmissionRequest: Sendable, Hashable {
  /// The model, as the policy names it.
  public var model: String
  /// What the call is expected to need. Money that is 0 is computed from the tokens and the model's price.
  public var amounts: Amounts
  /// Who pays, if the policy has limits per tenant.
  public var tenant: String?
  /// The run that the call belongs to, if the policy has limits per run.
  public var run: String?
  /// Further attributes that the policy may count by.
  public var attributes: [String: String]
  /// 1 urgent, 5 normal, 10 low. Waiters of one process are asked for in this order, then in that of their arrival.
  public var priority: Int
  /// How long the permit may be held; `nil`: as the policy says.
  public var hold: Duration?

  /// A call.
  ///
  /// - Parameters:
  ///   - model: the model, as the policy names it.
  ///   - inputTokens: input tokens that are expected.
  ///   - outputTokens: output tokens that are expected.
  ///   - maximumOutputTokens: output tokens that the answer can have at most: money is reserved for them. 0: no more than is expected, and what
  ///     a longer answer costs is charged, also beyond a budget.
  ///   - tokens: tokens for token limits; `nil` means input and output together.
  ///   - tenant: who pays.
  ///   - run: the run that the call belongs to; a sub-run is `parent/child`.
  ///   - attributes: further attributes that the policy may count by.
  ///   - priority: 1 urgent, 5 normal, 10 low.
  ///   - hold: how long the permit may be held; `nil`: as the policy says.
  public init(
    model: String, inputTokens: Int64 = 0, outputTokens: Int64 = 0, maximumOutputTokens: Int64 = 0,
    tokens: Int64? = nil, tenant: String? = nil,
    run: String? = nil, attributes: [String: String] = [:], priority: Int = 5, hold: Duration? = nil
  ) {
    self.model = model
    amounts = Amounts(
      inputTokens: inputTokens, outputTokens: outputTokens, maximumOutputTokens: maximumOutputTokens, tokens: tokens)
    self.tenant = tenant
    self.run = run
    self.attributes = attributes
    self.priority = priority
    self.hold = hold
  }

  /// Whether a run has a name, and so has each of its sub-runs.
  static func isRun(_ run: String) -> Bool {
    var isNameEmpty = true
    for byte in run.utf8 {
      let isSlash = byte == UInt8(ascii: "/")
      if isSlash, isNameEmpty { return false }
      isNameEmpty = isSlash
    }
    return !isNameEmpty
  }

  /// The run that pays for a sub-run `parent/child`.
  package static func root(of run: String) -> String { String(run.prefix { $0 != "/" }) }

  /// The value that a scope has for this request.
  func value(of scope: ScopeKey, provider: String) -> String? {
    switch scope {
    case .model: model
    case .provider: provider
    case .tenant: tenant
    case .run: run.map(Self.root(of:))
    case .attribute(let name): attributes[name]
    }
  }
}
