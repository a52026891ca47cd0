import LimiterCore

/// `models:` and the provider's limits in it.
extension PolicyReader {
  static let modelKeys = ["provider", "limits", "price", "settle", "count", "on_failure"]
  private static let priceKeys = ["input", "output"]

  mutating func readModels(_ fields: PolicyFields) {
    let path = fields.path(of: "models")
    guard let entry = fields["models"] else {
      problems.add(
        .missingKey, at: fields.place, path: path, expected: "models by name", found: "no key `models`",
        advice: "calls of models that the policy does not name are refused")
      return
    }
    guard let named = entries(entry.value, at: entry.place, path: path, expected: "models by name") else { return }
    guard (1...ConfigurationBounds.models).contains(named.entries.count) else {
      problems.add(
        .outOfRange, at: entry.place, path: path, expected: "1 to \(ConfigurationBounds.models) models",
        found: "\(named.entries.count)")
      return
    }
    for entry in named.entries {
      if !readModel(entry, path: path.key(entry.key)) { brokenModels.insert(entry.key) }
    }
  }

  /// Whether the model is known well enough to say more about it.
  private mutating func readModel(_ entry: YAMLEntry, path: YAMLPath) -> Bool {
    // The longest name that a limit of it gets has this suffix, and a second one with a length.
    let longest = LimitID.encode(entry.key).utf8.count + ".output_tokens.86400000ms".utf8.count
    guard !entry.key.isEmpty, longest <= LimiterBounds.name else {
      problems.add(
        .outOfRange, at: entry.place, path: path,
        expected: "a model's name whose limits' names have at most \(LimiterBounds.name) bytes",
        found: entry.key.isEmpty ? "an empty name" : "one of \(longest)")
      return false
    }
    guard
      let fields = mapping(entry.value, at: entry.place, path: path, expected: "a model", keys: Self.modelKeys)
    else { return false }
    let settling = settling(fields)
    let counting = counting(fields)
    let provider = provider(fields, model: entry.key)
    let price = price(fields, model: entry.key)
    let onFailure = failureMode(fields)
    models[entry.key] = ReadModel(
      model: Model(
        provider: provider ?? "", price: price, counting: counting ?? ProviderProfile.named(provider ?? "").counting),
      place: entry.place, path: path,
      saysPrice: fields["price"] != nil)
    if let limits = fields["limits"] {
      let profile = ProviderProfile.named(provider ?? "")
      readProviderLimits(
        limits, path: fields.path(of: "limits"), model: entry.key, settling: settling ?? profile.windowSettling,
        counting: counting ?? profile.counting, onFailure: onFailure)
    }
    return true
  }

  private mutating func provider(_ fields: PolicyFields, model: String) -> String? {
    let expected = "the provider's name, such as openai"
    let path = fields.path(of: "provider")
    let known = ProviderProfile.all.map(\.name)
    guard let entry = fields["provider"] else {
      if let listed = prices.models[model] { return listed.provider }
      problems.add(
        .missingKey, at: fields.place, path: path, expected: expected,
        found: "no key `provider`, and the price list does not know the model", advice: "known are \(list(known))")
      return nil
    }
    guard let text = text(entry.value, path: path, expected: expected),
      let name = name(text, at: entry.value.place, path: path, expected: expected)
    else { return nil }
    // A typo would silently settle by the wrong rule; a provider of one's own says its rule, and is believed.
    if !known.contains(name), fields["settle"] == nil, let nearest = Nearest.match(name, among: known),
      !prices.providers.contains(name)
    {
      problems.add(
        .unknownName, at: entry.value.place, path: path, expected: expected, found: entry.value.kind,
        advice: "did you mean `\(nearest)`? If not, add `settle: actual` or `settle: reservation`")
      return nil
    }
    return name
  }

  private mutating func settling(_ fields: PolicyFields) -> SettleRule? {
    let expected = "`actual` or `reservation`"
    let path = fields.path(of: "settle")
    guard let entry = fields["settle"], let text = text(entry.value, path: path, expected: expected) else { return nil }
    switch text {
    case "actual": return .actual
    case "reservation": return .reservation
    default:
      let nearest = Nearest.match(text, among: ["actual", "reservation"]).map { "did you mean `\($0)`?" }
      problems.add(
        .badValue, at: entry.value.place, path: path, expected: expected, found: entry.value.kind, advice: nearest)
      return nil
    }
  }

  private mutating func counting(_ fields: PolicyFields) -> TokenCounting? {
    let known = TokenCounting.allCases.map(\.rawValue)
    let expected = "one of \(list(known))"
    let path = fields.path(of: "count")
    guard let entry = fields["count"], let text = text(entry.value, path: path, expected: expected) else { return nil }
    if let counting = TokenCounting(rawValue: text) { return counting }
    problems.add(.badValue, at: entry.value.place, path: path, expected: expected, found: entry.value.kind)
    return nil
  }

  private mutating func price(_ fields: PolicyFields, model: String) -> ModelPrice? {
    guard let entry = fields["price"] else { return prices.price(of: model) }
    let path = fields.path(of: "price")
    switch entry.value.content {
    case .text(let listed):
      if let price = prices.price(of: listed) { return price }
      problems.add(
        .unknownName, at: entry.value.place, path: path,
        expected: "a name of the price list, or `{input: ..., output: ...}` in USD per million tokens",
        found: entry.value.kind, advice: suggestion(forPriceOf: listed))
      return nil
    default:
      guard
        let keys = mapping(
          entry.value, at: entry.place, path: path, expected: "a name of the price list, or a price",
          keys: Self.priceKeys)
      else { return nil }
      let values = Self.priceKeys.map { key -> Int64? in
        guard let entry = keys[key] else {
          problems.add(
            .missingKey, at: keys.place, path: keys.path(of: key), expected: "USD per million tokens such as 2.5",
            found: "no key `\(key)`")
          return nil
        }
        return quantity(entry.value, path: keys.path(of: key), Quantity.price)
      }
      guard let input = values[0], let output = values[1] else { return nil }
      return ModelPrice(input: input, output: output)
    }
  }

  func suggestion(forPriceOf name: String) -> String? {
    let names = prices.suggestions(for: name)
    return names.isEmpty ? nil : "did you mean \(names.map { "`\($0)`" }.joined(separator: " or "))?"
  }
}
