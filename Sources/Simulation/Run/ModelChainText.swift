import LimiterConfiguration

/// The models of `--chain`, best first; `cache` at the end.
package struct ModelChainText: Sendable, Hashable {
  package static let cache = "cache"
  /// Whose calls the library makes.
  private static let providers = ["openai", "anthropic"]

  package var models: [SimulatedModel]
  package var endsInCache: Bool

  /// As the library writes it.
  package var names: [String] { models.map(\.name) + (endsInCache ? [Self.cache] : []) }

  package init(parsing text: String) throws(SimulationError) {
    var names = text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
    endsInCache = names.last == Self.cache
    if endsInCache { names.removeLast() }
    guard !names.isEmpty else {
      throw SimulationError(.configuration, "--chain: expected a model before `cache`, as gpt-4o,gpt-4o-mini,cache")
    }
    models = []
    for name in names {
      guard name != Self.cache else {
        throw SimulationError(.configuration, "--chain: expected `cache` at the end only")
      }
      guard !models.contains(where: { $0.name == name }) else {
        throw SimulationError(.configuration, "--chain: expected each model once, `\(name)` comes again")
      }
      let model = try SimulatedModel(name: name)
      guard let provider = PriceList.builtIn.models[name]?.provider, Self.providers.contains(provider) else {
        throw SimulationError(
          .configuration, "--chain: expected models of \(Self.providers.joined(separator: " or ")), got `\(name)`")
      }
      models.append(model)
    }
  }
}
