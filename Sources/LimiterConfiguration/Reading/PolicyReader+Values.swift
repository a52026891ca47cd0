import LimiterCore

/// Values of one kind each; a mistake is reported and `nil` returned.
extension PolicyReader {
  /// A mapping of which only `keys` are known.
  ///
  /// - Parameter isSecret: a text in its place may be a secret, and is not told.
  mutating func mapping(
    _ node: YAMLNode, at place: YAMLPlace, path: YAMLPath, expected: String, keys: [String], isSecret: Bool = false,
    advice: (String) -> String? = { _ in nil }
  ) -> PolicyFields? {
    guard
      var fields = entries(
        node, at: place, path: path, expected: "\(expected) with the keys \(list(keys))", isSecret: isSecret)
    else { return nil }
    for entry in fields.entries where !keys.contains(entry.key) {
      let nearest = Nearest.match(entry.key, among: keys).map { "did you mean `\($0)`?" }
      problems.add(
        .unknownKey, at: entry.place, path: path.key(entry.key), expected: "one of the keys \(list(keys))",
        found: "the unknown key `\(Excerpt.of(entry.key))`", advice: advice(entry.key) ?? nearest)
    }
    fields.entries.removeAll { !keys.contains($0.key) }
    return fields
  }

  /// A mapping whose keys are names.
  mutating func entries(
    _ node: YAMLNode, at place: YAMLPlace, path: YAMLPath, expected: String, isSecret: Bool = false
  ) -> PolicyFields? {
    switch node.content {
    case .mapping(let entries): return PolicyFields(place: place, path: path, entries: entries)
    case .reported: return nil
    case .nothing, .text, .list:
      let found = isSecret ? node.kindOfSecret : node.kind
      problems.add(.wrongType, at: node.place, path: path, expected: expected, found: found)
      return nil
    }
  }

  /// A text.
  mutating func text(_ node: YAMLNode, path: YAMLPath, expected: String) -> String? {
    switch node.content {
    case .text(let text): return text
    case .reported: return nil
    case .nothing, .list, .mapping:
      wrongType(node, path: path, expected: expected)
      return nil
    }
  }

  /// One text, or a list of texts, each once; what is wrong with one item does not hide the others.
  mutating func texts(_ node: YAMLNode, path: YAMLPath, expected: String) -> TextItems {
    guard case .list(let items) = node.content else {
      guard let text = text(node, path: path, expected: expected) else { return TextItems(isComplete: false) }
      return TextItems(items: [.init(text: text, place: node.place, path: path)])
    }
    guard !items.isEmpty else {
      problems.add(.badValue, at: node.place, path: path, expected: expected, found: "an empty list")
      return TextItems(isComplete: false)
    }
    var result = TextItems()
    for (index, item) in items.enumerated() {
      let itemPath = path.index(index)
      guard let text = text(item, path: itemPath, expected: expected) else {
        result.isComplete = false
        continue
      }
      if result.items.contains(where: { $0.text == text }) {
        problems.add(
          .conflict, at: item.place, path: itemPath, expected: "every item once", found: "\(item.kind) again")
        result.isComplete = false
        continue
      }
      result.items.append(.init(text: text, place: item.place, path: itemPath))
    }
    return result
  }

  /// A quantity.
  mutating func quantity<Value>(
    _ node: YAMLNode, path: YAMLPath, _ parse: (String) throws(QuantityError) -> Value
  ) -> Value? {
    do throws(QuantityError) {
      switch node.content {
      case .text(let text): return try parse(text)
      case .reported: return nil
      case .nothing, .list, .mapping:
        // The reader of the quantity knows what is expected.
        _ = try parse("")
      }
    } catch {
      guard case .text = node.content else {
        wrongType(node, path: path, expected: error.expected)
        return nil
      }
      let code: PolicyProblem.Code =
        switch error.code {
        case .malformed, .unknownUnit: .badValue
        case .negative, .zero, .tooSmall, .tooLarge, .tooPrecise: .outOfRange
        }
      problems.add(
        code, at: node.place, path: path, expected: error.expected, found: error.found, advice: error.advice)
    }
    return nil
  }

  /// A name that can stand in keys of Redis.
  ///
  /// - Parameter found: what is told of another text.
  mutating func name(
    _ text: String, at place: YAMLPlace, path: YAMLPath, expected: String, found: String? = nil
  ) -> String? {
    guard text.utf8.count <= LimiterBounds.name else {
      problems.add(
        .outOfRange, at: place, path: path, expected: "a name of at most \(LimiterBounds.name) bytes",
        found: "\(text.utf8.count) bytes")
      return nil
    }
    guard !text.isEmpty, text.utf8.allSatisfy(Self.isNameByte) else {
      problems.add(.badValue, at: place, path: path, expected: expected, found: found ?? "`\(Excerpt.of(text))`")
      return nil
    }
    return text
  }

  /// Scopes: one, or a list of them.
  mutating func scopes(_ node: YAMLNode, path: YAMLPath) -> [ScopeKey]? {
    let expected = "model, provider, tenant, run or attribute.<name>, or a list of them"
    let texts = texts(node, path: path, expected: expected)
    var scopes: [ScopeKey] = []
    for item in texts.items {
      if let scope = ScopeKey(policyName: item.text) {
        scopes.append(scope)
      } else {
        let nearest = Nearest.match(item.text, among: ScopeKey.plainNames).map { "did you mean `\($0)`?" }
        problems.add(
          .unknownName, at: item.place, path: item.path, expected: expected, found: "`\(Excerpt.of(item.text))`",
          advice: nearest ?? "write `attribute.<name>` for an attribute of the request")
      }
    }
    return texts.isComplete && scopes.count == texts.items.count ? scopes : nil
  }

  mutating func wrongType(_ node: YAMLNode, path: YAMLPath, expected: String) {
    problems.add(.wrongType, at: node.place, path: path, expected: expected, found: node.kind)
  }

  /// `a, b and c`, in backquotes.
  func list(_ names: some Collection<String>) -> String {
    let quoted = names.map { "`\($0)`" }
    guard quoted.count > 1, let last = quoted.last else { return quoted.first ?? "" }
    return quoted.dropLast().joined(separator: ", ") + " and \(last)"
  }

  static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
