/// Why a request cannot be decided at all.
public enum RequestProblem: Sendable, Hashable, CustomStringConvertible {
  /// The policy does not name the model.
  case unknownModel(String)
  /// The policy requires that every request names this.
  case missing(String)
  /// A number or a name is out of its bounds.
  case outOfBounds(what: String, expected: String)
  /// The call's price is unknown or too large, and a budget applies.
  case unpriced(String)

  /// What was expected, what came, what to do.
  public var description: String {
    switch self {
    case .unknownModel(let model): "the policy has no model `\(model)`; add it under `models:` or use one that is there"
    case .missing(let scope): "the policy requires that every request names its \(scope), and this one does not"
    case .outOfBounds(let what, let expected): "\(what) is out of bounds: expected \(expected)"
    case .unpriced(let model):
      "the cost of this call of `\(model)` is unknown or does not fit, and a budget applies; give the model a price"
    }
  }
}

extension PolicyResolver {
  /// What is wrong with a request; `nil`: nothing.
  package func problem(with request: AdmissionRequest) -> RequestProblem? {
    guard let model = model(request.model) else { return .unknownModel(request.model) }
    if !request.amounts.areInBounds {
      // Tokens that are not stated are a sum: what it is of is told first.
      let units = Unit.allCases.filter { $0 != .tokens } + [.tokens]
      let unit = units.first { !(0...LimiterBounds.amount).contains(request.amounts[$0]) }
      return .outOfBounds(what: unit?.rawValue ?? "an amount", expected: "0 to \(LimiterBounds.amount)")
    }
    guard (1...10).contains(request.priority) else { return .outOfBounds(what: "priority", expected: "1 to 10") }
    if let hold = request.hold, hold <= .zero || hold > LimiterBounds.longestWindow {
      return .outOfBounds(what: "hold", expected: "more than 0 and at most 31 days")
    }
    guard Self.isName(request.tenant), Self.isName(request.run), request.attributes.values.allSatisfy(Self.isName)
    else {
      return .outOfBounds(what: "a scope's value", expected: "1 to \(LimiterBounds.name) bytes")
    }
    guard request.attributes.count <= LimiterBounds.attributes, request.attributes.keys.allSatisfy(Self.isName) else {
      return .outOfBounds(
        what: "an attribute",
        expected: "at most \(LimiterBounds.attributes), each with a name of 1 to \(LimiterBounds.name) bytes")
    }
    if let run = request.run, !AdmissionRequest.isRun(run) {
      return .outOfBounds(what: "run", expected: "a name, or names with one `/` between them: `parent/child`")
    }
    for scope in policy.required where request.value(of: scope, provider: model.provider) == nil {
      return .missing(scope.name)
    }
    return model.countsMoney && model.cost(of: request.amounts) == nil ? .unpriced(request.model) : nil
  }

  /// Whether a scope's value can be one; none can.
  private static func isName(_ value: String?) -> Bool {
    value.map { (1...LimiterBounds.name).contains($0.utf8.count) } ?? true
  }
}

extension Amounts {
  fileprivate var areInBounds: Bool {
    let bounds = 0...LimiterBounds.amount
    return bounds.contains(requests) && bounds.contains(tokens) && bounds.contains(inputTokens)
      && bounds.contains(outputTokens) && bounds.contains(maximumOutputTokens) && bounds.contains(nanodollars)
  }
}

extension ScopeKey {
  /// As the policy's file writes it.
  package var name: String {
    switch self {
    case .model: "model"
    case .provider: "provider"
    case .tenant: "tenant"
    case .run: "run"
    case .attribute(let name): "attribute.\(name)"
    }
  }
}
