/// The headers of an answer, by name in any case; of one that comes twice, the first.
public struct ProviderHeaders: Sendable, ExpressibleByDictionaryLiteral {
  private var fields: [String: String] = [:]

  /// Headers in the order in which they came.
  public init(_ fields: some Sequence<(name: String, value: String)>) {
    for field in fields where self.fields[field.name.lowercased()] == nil {
      self.fields[field.name.lowercased()] = field.value
    }
  }

  /// Headers in the order in which they came.
  public init(dictionaryLiteral fields: (String, String)...) {
    self.init(fields.map { (name: $0.0, value: $0.1) })
  }

  /// The value without blanks around it; `nil`: there is none.
  public subscript(name: String) -> String? {
    fields[name.lowercased()]?.trimmed
  }
}

extension String {
  /// Without blanks around it.
  var trimmed: String {
    let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
    guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) }) else {
      return ""
    }
    return String(self[first...last])
  }
}
