import LimiterCore

/// The policy's own `limits:`, counted per another scope or for the whole domain.
extension PolicyReader {
  private static let windowUnits: [Unit] = [.requests, .tokens, .inputTokens, .outputTokens]
  private static let kindKeys = windowUnits.map(\.rawValue) + ["budget", "concurrency"]
  static let ruleKeys = ["per", "models", "on_failure"] + kindKeys

  mutating func readLimits(_ fields: PolicyFields) {
    guard let entry = fields["limits"] else { return }
    let path = fields.path(of: "limits")
    guard let named = entries(entry.value, at: entry.place, path: path, expected: "limits by name") else { return }
    for entry in named.entries { readLimit(entry, path: path.key(entry.key)) }
  }

  private mutating func readLimit(_ entry: YAMLEntry, path: YAMLPath) {
    let name = name(
      entry.key, at: entry.place, path: path, expected: "a limit's name of letters, digits, `.`, `_` and `-`")
    guard
      let fields = mapping(
        entry.value, at: entry.place, path: path, expected: "a limit", keys: Self.ruleKeys,
        advice: { ["scope", "by"].contains($0) ? "did you mean `per`?" : nil })
    else { return }
    let kind = kind(fields)
    let scope = fields["per"].map { scopes($0.value, path: fields.path(of: "per")) } ?? []
    let models = fields["models"].map { modelNames($0.value, path: fields.path(of: "models")) }
    let onFailure = failureMode(fields)
    guard let name else { return }
    if let other = names[name] {
      problems.add(
        .conflict, at: entry.place, path: path, expected: "a name that no other limit has", found: "`\(name)`",
        advice: "it is the name of the model's limit in line \(other.line)")
      return
    }
    names[name] = entry.place
    // `models` is absent (all of them), or could not be read (nothing more to say about this limit).
    if let models, models == nil { return }
    guard let kind, let scope else { return }
    rules.append(LimitRule(name: name, kind: kind, scope: scope, models: models ?? nil, onFailure: onFailure))
  }

  /// What decides on limits while Redis gives no answer; `nil`: as is usual for their kind.
  mutating func failureMode(_ fields: PolicyFields) -> FailureMode? {
    let expected = "one of \(list(FailureMode.allCases.map(\.rawValue)))"
    let path = fields.path(of: "on_failure")
    guard let entry = fields["on_failure"], let text = text(entry.value, path: path, expected: expected) else {
      return nil
    }
    if let mode = FailureMode(rawValue: text) { return mode }
    let nearest = Nearest.match(text, among: FailureMode.allCases.map(\.rawValue)).map { "did you mean `\($0)`?" }
    problems.add(
      .badValue, at: entry.value.place, path: path, expected: expected, found: entry.value.kind, advice: nearest)
    return nil
  }

  /// The only kind of the limit.
  private mutating func kind(_ fields: PolicyFields) -> LimitKind? {
    let given = fields.entries.filter { Self.kindKeys.contains($0.key) }
    guard let entry = given.first else {
      problems.add(
        .missingKey, at: fields.place, path: fields.path, expected: "one of \(list(Self.kindKeys))",
        found: "a limit without an amount")
      return nil
    }
    for other in given.dropFirst() {
      problems.add(
        .conflict, at: other.place, path: fields.path(of: other.key), expected: "one kind in each limit",
        found: "`\(other.key)` beside `\(entry.key)`", advice: "write two limits, each with its own name")
    }
    let kinds = given.map { kind($0, path: fields.path(of: $0.key)) }
    return kinds.count == 1 ? kinds[0] : nil
  }

  private mutating func kind(_ entry: YAMLEntry, path: YAMLPath) -> LimitKind? {
    if let unit = Unit(rawValue: entry.key) {
      let window = quantity(entry.value, path: path, Quantity.window)
      return window.map { .window(unit: unit, amount: $0.amount, length: $0.length) }
    }
    if entry.key == "budget" {
      let budget = quantity(entry.value, path: path, Quantity.budget)
      return budget.map { .budget(unit: $0.unit, amount: $0.amount, period: $0.period) }
    }
    return quantity(entry.value, path: path, Quantity.count).map { .concurrency(permits: $0) }
  }

  private mutating func modelNames(_ node: YAMLNode, path: YAMLPath) -> Set<String>? {
    let texts = texts(node, path: path, expected: "a model of this policy, or a list of them")
    var complete = texts.isComplete
    for item in texts.items where models[item.text] == nil {
      complete = false
      if brokenModels.contains(item.text) { continue }
      let nearest = Nearest.match(item.text, among: models.keys.sorted()).map { "did you mean `\($0)`?" }
      problems.add(
        .unknownName, at: item.place, path: item.path, expected: "a model of this policy",
        found: "`\(Excerpt.of(item.text))`", advice: nearest ?? "add it to `models`")
    }
    return complete ? Set(texts.items.map(\.text)) : nil
  }
}
