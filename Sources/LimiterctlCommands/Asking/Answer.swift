import Hiredis

/// A reply of limiterd: numbers, texts, lists, and lists of names and values.
indirect enum Answer: Sendable, Equatable {
  case null
  case number(Int64)
  case text(String)
  case list([Answer])

  init(_ reply: Reply) {
    switch reply {
    case .integer(let number): self = .number(number)
    case .array(let parts): self = .list(parts.map { Answer($0) })
    case .status(let text), .error(let text): self = .text(text)
    case .bulk(let bytes): self = .text(String(decoding: bytes, as: UTF8.self))
    case .null: self = .null
    }
  }

  var list: [Answer] { if case .list(let parts) = self { parts } else { [] } }
  var text: String? { if case .text(let text) = self { text } else { nil } }
  var number: Int64? { if case .number(let number) = self { number } else { nil } }

  /// The value behind a name, in a list of names and values.
  subscript(name: String) -> Answer {
    let parts = list
    for index in stride(from: 0, to: parts.count - 1, by: 2) where parts[index].text == name { return parts[index + 1] }
    return .null
  }

  /// A list of names and values.
  static func fields(_ fields: KeyValuePairs<String, Answer>) -> Answer {
    .list(fields.flatMap { [.text($0.key), $0.value] })
  }

  /// As a table shows it.
  var shown: String {
    switch self {
    case .null: "-"
    case .number(let number): "\(number)"
    case .text(let text): text
    case .list(let parts): parts.map(\.shown).joined(separator: " ")
    }
  }
}
