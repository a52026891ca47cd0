import Foundation

/// Answers as JSON: lists of names and values are objects.
enum JSONText {
  static func make(_ answer: Answer, _ shape: AnswerShape) throws -> String {
    try text(of: value(answer, shape))
  }

  static func text(of value: Any) throws -> String {
    let data = try JSONSerialization.data(
      withJSONObject: value, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes, .fragmentsAllowed])
    return String(decoding: data, as: UTF8.self)
  }

  private static func value(_ answer: Answer, _ shape: AnswerShape) -> Any {
    switch answer {
    case .null: NSNull()
    case .number(let number): number
    case .text(let text): text
    case .list(let parts):
      switch shape {
      case .plain: parts.map { value($0, .plain) }
      case .list(let element): parts.map { value($0, element) }
      case .fields(let shapes): object(parts, shapes)
      }
    }
  }

  private static func object(_ parts: [Answer], _ shapes: [String: AnswerShape]) -> [String: Any] {
    var object: [String: Any] = [:]
    for index in stride(from: 0, to: parts.count - 1, by: 2) {
      let name = parts[index].shown
      object[name] = value(parts[index + 1], shapes[name] ?? .plain)
    }
    return object
  }
}
