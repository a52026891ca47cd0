import LimiterCore

/// The fields of a request, read strictly; what is thrown says what was expected and what came.
struct RequestFields: Sendable {
  private let members: [JSONValue.Member]
  /// Whether they come from a query, where everything is a text.
  private let isQuery: Bool

  private init(_ members: [JSONValue.Member], isQuery: Bool, names: [String]) throws(HTTPProblem) {
    self.members = members
    self.isQuery = isQuery
    guard let unknown = members.first(where: { !names.contains($0.name) }) else { return }
    let known = names.isEmpty ? "none" : names.map { "`\($0)`" }.joined(separator: ", ")
    throw Self.malformed("unknown field \(Self.excerpt(unknown.name)); expected \(known)")
  }

  /// The fields of an object; no others than those of `names` may come.
  init(_ value: JSONValue, names: [String]) throws(HTTPProblem) {
    guard case .object(let members) = value else {
      throw Self.malformed("expected an object, got \(value.kind)")
    }
    try self.init(members, isQuery: false, names: names)
  }

  /// The fields of a query, `a=1&b=x`; `attribute.<name>=<value>` is a member of `attributes`.
  init(query: some StringProtocol, names: [String]) throws(HTTPProblem) {
    var members: [JSONValue.Member] = []
    var attributes: [JSONValue.Member] = []
    let items = query.split(separator: "&")
    guard items.count <= HTTPBounds.queryItems else {
      throw Self.malformed("expected at most \(HTTPBounds.queryItems) parts of the query, \(items.count) came")
    }
    for item in items {
      let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, let name = PercentText.decode(parts[0]), let value = PercentText.decode(parts[1]) else {
        throw Self.malformed("expected `name=value` in the query, percent-encoded UTF-8, something else came")
      }
      let isAttribute = name.hasPrefix(Self.attributePrefix) && names.contains("attributes")
      let member = JSONValue.Member(
        isAttribute ? String(name.dropFirst(Self.attributePrefix.count)) : name, .string(value))
      guard !(isAttribute ? attributes : members).contains(where: { $0.name == member.name }) else {
        throw Self.malformed("expected each name of the query once, \(Self.excerpt(name)) came twice")
      }
      if isAttribute { attributes.append(member) } else { members.append(member) }
    }
    if let wrong = members.first(where: { $0.name == "attributes" }), names.contains("attributes") {
      throw Self.malformed("expected `attribute.<name>=<value>` in the query, got `\(wrong.name)`")
    }
    if !attributes.isEmpty { members.append(.init("attributes", .object(attributes))) }
    try self.init(members, isQuery: true, names: names)
  }

  private static let attributePrefix = "attribute."

  /// A text; `nil`: the field was left out, or is null.
  func text(_ name: String, bytes: ClosedRange<Int> = 1...LimiterBounds.name) throws(HTTPProblem) -> String? {
    guard let value = self[name] else { return nil }
    guard case .string(let text) = value else { throw Self.wrong(name, "a string", value) }
    return try Self.check(text, of: name, bytes)
  }

  /// As ``text(_:bytes:)``, of a field that must be there.
  func requiredText(_ name: String, bytes: ClosedRange<Int> = 1...LimiterBounds.name) throws(HTTPProblem) -> String {
    if let text = try text(name, bytes: bytes) { return text }
    throw Self.malformed("expected the field `\(name)`, a string, nothing came")
  }

  /// A whole number; `nil`: the field was left out, or is null.
  func number(_ name: String, _ range: ClosedRange<Int64>) throws(HTTPProblem) -> Int64? {
    guard let value = self[name] else { return nil }
    switch value {
    case .integer(let number) where range.contains(number): return number
    case .string(let text) where isQuery:
      if text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(text), range.contains(number) {
        return number
      }
    default: break
    }
    let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
    // In a query everything is a text; which one came is all that can be said of it.
    if isQuery, case .string(let text) = value {
      throw Self.malformed("expected `\(name)` to be \(expected), got \(Self.excerpt(text))")
    }
    throw Self.wrong(name, expected, value)
  }

  /// True or false; false when it was left out.
  func flag(_ name: String) throws(HTTPProblem) -> Bool {
    guard let value = self[name] else { return false }
    guard case .bool(let flag) = value else { throw Self.wrong(name, "true or false", value) }
    return flag
  }

  /// An object of texts.
  func texts(_ name: String, atMost count: Int) throws(HTTPProblem) -> [(name: String, value: String)] {
    guard let value = self[name] else { return [] }
    guard case .object(let members) = value else { throw Self.wrong(name, "an object of strings", value) }
    guard members.count <= count else {
      throw Self.malformed("expected at most \(count) members of `\(name)`, \(members.count) came")
    }
    var texts: [(String, String)] = []
    for member in members {
      guard case .string(let text) = member.value else {
        throw Self.wrong(name, "an object of strings", member.value)
      }
      let key = try Self.check(member.name, of: name, 1...LimiterBounds.name)
      texts.append((key, try Self.check(text, of: name, 1...LimiterBounds.name)))
    }
    return texts
  }

  private subscript(name: String) -> JSONValue? {
    let value = members.first { $0.name == name }?.value
    return value == .null ? nil : value
  }

  private static func check(_ text: String, of name: String, _ bytes: ClosedRange<Int>) throws(HTTPProblem) -> String {
    if bytes.contains(text.utf8.count) { return text }
    throw malformed(
      "expected `\(name)` of \(bytes.lowerBound) to \(bytes.upperBound) bytes, \(text.utf8.count) came")
  }

  private static func wrong(_ name: String, _ expected: String, _ value: JSONValue) -> HTTPProblem {
    malformed("expected `\(name)` to be \(expected), got \(value.kind)")
  }

  static func malformed(_ detail: String) -> HTTPProblem { HTTPProblem(.malformed, detail) }

  /// A name or a text that came, short and printable.
  private static func excerpt(_ name: String) -> String { ArgumentReader.excerpt(Array(name.utf8)) }
}
