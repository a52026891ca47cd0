/// The keys that lead to a value, as a message says them: `models.gpt-4o.limits.requests[1]`.
struct YAMLPath: Sendable, Hashable {
  let text: String

  static let root = YAMLPath(text: "")

  func key(_ key: String) -> YAMLPath {
    let plain = !key.isEmpty && key.utf8.allSatisfy(Self.isPlain)
    let part = plain ? Excerpt.of(key) : "`\(Excerpt.of(key))`"
    return YAMLPath(text: text.isEmpty ? part : "\(text).\(part)")
  }

  func index(_ index: Int) -> YAMLPath {
    YAMLPath(text: "\(text)[\(index)]")
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "._-/:@".utf8.contains(byte)
    }
  }
}
