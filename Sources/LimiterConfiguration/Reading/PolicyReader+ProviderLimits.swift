import LimiterCore

/// A model's `limits:`, which are its provider's.
extension PolicyReader {
  private static let windowUnits: [Unit] = [.requests, .tokens, .inputTokens, .outputTokens]
  static let providerLimitKeys = windowUnits.map(\.rawValue) + ["concurrency"]

  mutating func readProviderLimits(
    _ entry: YAMLEntry, path: YAMLPath, model: String, settling: SettleRule, counting: TokenCounting,
    onFailure: FailureMode?
  ) {
    let advice = { (key: String) -> String? in
      key == "budget" ? "a budget stands in the policy's own `limits`, with `models: [\(Excerpt.of(model))]`" : nil
    }
    guard
      let fields = mapping(
        entry.value, at: entry.place, path: path, expected: "the provider's limits", keys: Self.providerLimitKeys,
        advice: advice)
    else { return }
    for entry in fields.entries {
      let path = fields.path(of: entry.key)
      if let unit = Unit(rawValue: entry.key) {
        // A limit of tokens that counts the input alone is one of input tokens, whatever the provider calls it.
        let counted = unit == .tokens && counting == .input ? .inputTokens : unit
        readWindows(entry, unit: counted, path: path, model: model, settling: settling, onFailure: onFailure)
      } else if let permits = quantity(entry.value, path: path, Quantity.count) {
        // How many calls are out is known exactly: nothing to settle.
        add(
          .concurrency(permits: permits), key: entry.key, of: model, settling: .actual, onFailure: onFailure,
          at: entry.place)
      }
    }
  }

  /// One window, or a list of windows of different lengths (per minute and per day).
  private mutating func readWindows(
    _ entry: YAMLEntry, unit: Unit, path: YAMLPath, model: String, settling: SettleRule,
    onFailure: FailureMode?
  ) {
    var items = [(node: entry.value, path: path)]
    if case .list(let nodes) = entry.value.content {
      guard !nodes.isEmpty else {
        problems.add(
          .badValue, at: entry.value.place, path: path, expected: "an amount per duration, or a list of them",
          found: "an empty list")
        return
      }
      items = nodes.enumerated().map { ($0.element, path.index($0.offset)) }
    }
    var lengths: Set<Duration> = []
    for (index, item) in items.enumerated() {
      guard let window = quantity(item.node, path: item.path, Quantity.window) else { continue }
      guard lengths.insert(window.length).inserted else {
        problems.add(
          .conflict, at: item.node.place, path: item.path, expected: "windows of different lengths",
          found: "a second one of \(Quantity.describe(window.length))", advice: "keep the smaller amount")
        continue
      }
      let key = index == 0 ? entry.key : "\(entry.key).\(Quantity.describe(window.length))"
      let kind = LimitKind.window(unit: unit, amount: window.amount, length: window.length)
      add(kind, key: key, of: model, settling: settling, onFailure: onFailure, at: item.node.place)
    }
  }

  private mutating func add(
    _ kind: LimitKind, key: String, of model: String, settling: SettleRule, onFailure: FailureMode?,
    at place: YAMLPlace
  ) {
    let name = "\(LimitID.encode(model)).\(key)"
    names[name] = place
    rules.append(
      LimitRule(
        name: name, kind: kind, models: [model], isProviderLimit: true, settling: settling, onFailure: onFailure))
  }
}
