public import LimiterCore

/// Prices of models by name, as published; a policy may say its own.
public struct PriceList: Sendable {
  /// The models by name.
  public let models: [String: ListedModel]

  /// The providers of the list.
  public let providers: Set<String>

  /// The list that is built in (autumn 2026, about 750 models), read on first use.
  public static let builtIn = PriceList(text: String(decoding: PackageResources.prices_txt, as: UTF8.self))

  /// The price of a model by its exact name, in nanodollars per million tokens.
  public func price(of name: String) -> ModelPrice? {
    models[name]?.price
  }

  /// Up to three listed names that a name which is not listed probably meant, the best first.
  ///
  /// Cost: compares with the whole list; for messages only.
  public func suggestions(for name: String) -> [String] {
    var found: [String] = []
    if let nearest = Nearest.match(name, among: models.keys.sorted()) { found.append(nearest) }
    guard name.count >= 4 else { return found }
    // A name without its provider's prefix or its date, then one with a date that is not listed.
    var related = models.keys.filter { $0.contains(name) }.sorted { ($0.count, $0) < ($1.count, $1) }
    if found.isEmpty, related.isEmpty {
      related = models.keys.filter { name.contains($0) }.sorted { ($1.count, $0) < ($0.count, $1) }
    }
    found += related.filter { !found.contains($0) }
    return Array(found.prefix(3))
  }

  /// Reads the list: lines of `provider input output context_window longest_output names...`, prices in USD per million
  /// tokens; `#` starts a comment. A line that is broken is left out; a test reads the whole list.
  init(text: String) {
    var models: [String: ListedModel] = [:]
    models.reserveCapacity(1_024)
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let fields = line.split(separator: " ")
      guard fields.count > 5, let input = try? Quantity.price(String(fields[1])),
        let output = try? Quantity.price(String(fields[2]))
      else { continue }
      let model = ListedModel(
        provider: String(fields[0]), price: ModelPrice(input: input, output: output),
        contextWindow: Int64(fields[3]), longestOutput: Int64(fields[4]))
      for name in fields[5...] { models[String(name)] = model }
    }
    self.models = models
    providers = Set(models.values.map(\.provider))
  }
}
