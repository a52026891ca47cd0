/// The models that are asked for an answer, best first.
public struct FallbackChain: Sendable, Hashable {
  /// One model.
  public struct Model: Sendable, Hashable {
    /// As in the policy.
    public var name: String
    /// Tokens that fit into it; `nil`: unknown, so it is never asked because another one's was too small.
    public var contextWindow: Int64?

    /// A model.
    public init(_ name: String, contextWindow: Int64? = nil) {
      self.name = name
      self.contextWindow = contextWindow
    }
  }

  /// A chain that cannot be.
  public enum Problem: Error, Sendable, Hashable, CustomStringConvertible {
    case empty
    case twice(String)

    /// In words.
    public var description: String {
      switch self {
      case .empty: "expected at least one model in the chain, got none"
      case .twice(let name): "expected every model of the chain once, `\(name)` comes again: a chain does not loop"
      }
    }
  }

  /// Best first.
  public let models: [Model]
  /// Chains of their own for some classes, by name: where a content filter said no, another model may not.
  public var special: [ErrorClass: [String]]
  /// When all models are cooling, how long to wait for the first that is not.
  public var waitsForCooldown: Duration

  /// A chain.
  ///
  /// - Throws: ``Problem`` when it is empty or has a model twice.
  public init(
    _ models: [Model], special: [ErrorClass: [String]] = [:], waitsForCooldown: Duration = .zero
  ) throws(Problem) {
    guard !models.isEmpty else { throw .empty }
    var seen: Set<String> = []
    for model in models where !seen.insert(model.name).inserted { throw .twice(model.name) }
    self.models = models
    self.special = special
    self.waitsForCooldown = waitsForCooldown
  }

  /// Those that are asked after a model failed, best first.
  ///
  /// - Parameter queued: those that were to be asked next, which are not all of the chain where a class has models of its own.
  func after(_ failed: Model, _ failure: CallFailure, tried: Set<String>, queued: ArraySlice<Model>) -> [Model] {
    guard !failure.isPartlySeen else { return [] }
    var seen = tried
    let rest = (queued + models.drop { $0 != failed }.dropFirst()).filter { seen.insert($0.name).inserted }
    if let names = special[failure.errorClass] {
      return names.filter { !tried.contains($0) }.map { name in
        models.first { $0.name == name } ?? Model(name)
      }
    }
    switch failure.errorClass.handling.fallback {
    case .always: return Array(rest)
    case .never, .ifConfigured: return []
    case .largerContext:
      guard let window = failed.contextWindow else { return [] }
      return rest.filter { $0.contextWindow ?? 0 > window }
    }
  }
}
