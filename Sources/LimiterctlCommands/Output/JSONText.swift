import Foundation

/// Answers as JSON: lists of names and values are objects.
enum JSONText {
  static func make(_ answer: Answer) throws -> String {
    try text(of: value(answer))
  }

  static func text(of value: Any) throws -> String {
    let data = try JSONSerialization.data(
      withJSONObject: value, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes, .fragmentsAllowed])
    return String(decoding: data, as: UTF8.self)
  }

  static func value(_ answer: Answer) -> Any {
    switch answer {
    case .null: return NSNull()
    case .number(let number): return number
    case .text(let text): return text
    case .list(let parts):
      guard answer.isFields else { return parts.map { value($0) } }
      var object: [String: Any] = [:]
      for index in stride(from: 0, to: parts.count, by: 2) { object[parts[index].text ?? ""] = value(parts[index + 1]) }
      return object
    }
  }
}
