import Resilience

/// A chain as a caller writes it: models, and `cache` at its end.
struct ModelChain: Sendable {
  static let cache = "cache"

  var models: [ModelFacts]
  /// Models that are asked after some failures only, by name.
  private var others: [String: ModelFacts] = [:]
  var endsInCache: Bool
  /// Models that cannot be asked, and why: said loudly, while the others are asked.
  var unusable: [(model: String, error: LLMError)] = []

  /// - Throws: ``LLMError`` when no model is left, a name is unknown, or one comes twice.
  init(_ names: [String], _ settings: LLMSettings) throws {
    endsInCache = names.last == Self.cache
    let names = endsInCache ? Array(names.dropLast()) : names
    guard !names.contains(Self.cache) else {
      throw LLMError(.invalidChain, "expected `cache` at the end of the chain only")
    }
    models = []
    do { _ = try FallbackChain(names.map { .init($0) }) } catch { throw LLMError(.invalidChain, "\(error)") }
    for name in names {
      do { models.append(try ModelFacts(name, settings)) } catch let error as LLMError where error.code == .noKey {
        unusable.append((name, error))
      }
    }
    if models.isEmpty, let first = unusable.first { throw first.error }
    for name in settings.fallbacks.values.joined()
    where self[name] == nil && !unusable.contains(where: { $0.model == name }) {
      do { others[name] = try ModelFacts(name, settings) } catch let error as LLMError where error.code == .noKey {
        unusable.append((name, error))
      }
    }
  }

  func fallback(_ settings: LLMSettings, within left: Duration) throws -> FallbackChain {
    var special = settings.fallbacks.mapValues { $0.filter { self[$0] != nil } }
    if settings.overBudget == .downgrade, special[.overBudget] == nil { special[.overBudget] = models.map(\.name) }
    return try FallbackChain(
      models.map { .init($0.name, contextWindow: $0.contextWindow) },
      special: special,
      waitsForCooldown: min(settings.waitsForCooldown, left))
  }

  subscript(name: String) -> ModelFacts? { models.first { $0.name == name } ?? others[name] }

  func isLast(_ name: String) -> Bool { models.last?.name == name }
}
