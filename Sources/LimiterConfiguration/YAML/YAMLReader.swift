import Yams

/// Reads YAML into ``YAMLNode``s, with every mistake of form that can be found in one pass.
///
/// The parser stops at the first duplicate key. To report the others too, the first of the equal keys is overwritten in the
/// text with private-use characters of the same length, so that no column moves, and the text is parsed again.
struct YAMLReader {
  private var problems: ProblemList
  /// Overwritten keys, by what stands there now.
  private var overwritten: [String: String] = [:]
  private var anchors: Set<YAMLPlace> = []

  /// The root of the only document; `nil` when the text is not YAML or empty.
  static func read(_ text: String, problems: inout ProblemList) -> YAMLNode? {
    var reader = YAMLReader(problems: problems)
    defer { problems = reader.problems }
    guard YAMLText.check(text, problems: &reader.problems) else { return nil }
    var scalars = Array(text.unicodeScalars)
    if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
    for attempt in 0...ConfigurationBounds.duplicateKeys {
      do {
        return try reader.document(String(String.UnicodeScalarView(scalars)))
      } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
        let place = YAMLPlace(context.mark)
        // The error names all duplicates of the mapping, and marks the first use of the first of them.
        guard let key = keys.first, attempt < ConfigurationBounds.duplicateKeys,
          reader.overwrite(key, at: place, in: &scalars)
        else {
          reader.problems.add(
            .duplicateKey, at: place, expected: "every key once", found: "`\(Excerpt.of(keys.first ?? ""))` twice")
          return nil
        }
      } catch {
        YAMLSyntaxError.report(error, in: scalars, problems: &reader.problems)
        return nil
      }
    }
    return nil
  }

  private init(problems: ProblemList) {
    self.problems = problems
  }

  private mutating func document(_ text: String) throws -> YAMLNode? {
    let parser = try Parser(yaml: text, encoding: .utf8)
    // Nodes refer to their anchors weakly; the parser owns them.
    return try withExtendedLifetime(parser) {
      try parser.singleRoot().map { node(from: $0, at: .start, path: .root) }
    }
  }

  private mutating func overwrite(_ key: String, at place: YAMLPlace, in scalars: inout [Unicode.Scalar]) -> Bool {
    guard var index = Self.index(of: place, in: scalars), let mark = unusedScalar(in: scalars) else { return false }
    let given = Array(key.unicodeScalars)
    if scalars[index] == "\"" || scalars[index] == "'" { index += 1 }
    guard !given.isEmpty, scalars[index...].starts(with: given) else { return false }
    let replacement = [Unicode.Scalar](repeating: mark, count: given.count)
    scalars.replaceSubrange(index..<(index + given.count), with: replacement)
    overwritten[String(String.UnicodeScalarView(replacement))] = key
    return true
  }

  /// A private-use character that stands nowhere in the text.
  private func unusedScalar(in scalars: [Unicode.Scalar]) -> Unicode.Scalar? {
    let used = Set(scalars)
    return (UInt32(0xE000)...0xF8FF).lazy.compactMap(Unicode.Scalar.init).first { !used.contains($0) }
  }

  private static func index(of place: YAMLPlace, in scalars: [Unicode.Scalar]) -> Int? {
    var current = YAMLPlace.start
    for index in scalars.indices {
      if current == place { return index }
      current.advance(over: scalars[index], next: index + 1 < scalars.count ? scalars[index + 1] : nil)
    }
    return nil
  }

  private mutating func node(from node: Node, at fallback: YAMLPlace, path: YAMLPath) -> YAMLNode {
    let place = node.mark.map(YAMLPlace.init) ?? fallback
    if node.anchor != nil {
      // An alias is the same node again, with the anchor's place. Visiting each place once keeps this linear.
      guard anchors.insert(place).inserted else { return YAMLNode(place: place, content: .reported) }
      problems.add(
        .notYAML, at: place, path: path, expected: "a value that is written out", found: "a YAML anchor",
        advice: "anchors and aliases are not supported; write the value where it is used")
    }
    switch node {
    case .scalar(let scalar):
      let empty = scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
      return YAMLNode(place: place, content: empty ? .nothing : .text(scalar.string))
    case .sequence(let sequence):
      var items: [YAMLNode] = []
      for (index, item) in sequence.enumerated() {
        items.append(self.node(from: item, at: place, path: path.index(index)))
      }
      return YAMLNode(place: place, content: .list(items))
    case .mapping(let mapping):
      return YAMLNode(place: place, content: .mapping(entries(of: mapping, at: place, path: path)))
    case .alias:
      return YAMLNode(place: place, content: .reported)
    }
  }

  private mutating func entries(of mapping: Node.Mapping, at fallback: YAMLPlace, path: YAMLPath) -> [YAMLEntry] {
    var entries: [YAMLEntry] = []
    var lines: [String: Int] = [:]
    for (keyNode, value) in mapping {
      let place = keyNode.mark.map(YAMLPlace.init) ?? fallback
      guard let scalar = keyNode.scalar else {
        problems.add(
          .wrongType, at: place, path: path, expected: "a key of plain text", found: "a key that is a list or a mapping"
        )
        continue
      }
      let key = overwritten[scalar.string] ?? scalar.string
      if let line = lines[key] {
        problems.add(
          .duplicateKey, at: place, path: path.key(key), expected: "every key once", found: "the key again",
          advice: "it is given in line \(line) already")
        continue
      }
      lines[key] = place.line
      entries.append(YAMLEntry(key: key, place: place, value: node(from: value, at: place, path: path.key(key))))
    }
    return entries
  }
}

extension YAMLPlace {
  init(_ mark: Mark) {
    self.init(line: mark.line, column: mark.column)
  }
}
