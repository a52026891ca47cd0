/// The name of one limit in Redis: the rule's name, and the scope's value where the rule is counted per something.
///
/// `gpt-4o.requests`, `tenant-day:acme`. Characters other than letters, digits, `.`, `_`, `-`, `/` and `@` of a scope's
/// value are percent-encoded, so that a value can never be taken for a separator or a hash tag.
public struct LimitID: Sendable, Hashable, Codable, CustomStringConvertible {
  /// The name as it stands in keys.
  public let rawValue: String

  /// The limit of a rule that is counted once.
  public init(rule: String) {
    rawValue = rule
  }

  /// The limit of a rule for the values of its scopes, in the rule's order.
  public init(rule: String, scope values: [String]) {
    rawValue = values.reduce(into: rule) { text, value in
      text += ":"
      text += Self.encode(value)
    }
  }

  /// A name that was made by this type before, as read back from Redis.
  public init(rawValue: String) {
    self.rawValue = rawValue
  }

  /// The name as it stands in keys.
  public var description: String { rawValue }

  private static let window = "window:"

  /// What a window's key is called, behind the domain's prefix.
  package var windowKey: String { Self.window + rawValue }
  /// The same of slots.
  package var slotsKey: String { "slots:" + rawValue }

  /// The limit that a window's key tells.
  package init(windowKey: String) { rawValue = String(windowKey.dropFirst(Self.window.count)) }

  /// Encoded as the plain name.
  public init(from decoder: any Decoder) throws {
    rawValue = try decoder.singleValueContainer().decode(String.self)
  }

  /// Encoded as the plain name.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }

  /// A name with everything percent-encoded that could be taken for a separator or a hash tag.
  package static func encode(_ value: String) -> String {
    if value.utf8.allSatisfy(isPlain) { return value }
    var text = ""
    for byte in value.utf8 {
      if isPlain(byte) {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        text += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
      }
    }
    return text
  }

  /// The value that was encoded; what was not stays as it is.
  package static func decode(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(2)
      guard byte == UInt8(ascii: "%"), digits.count == 2,
        let decoded = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
      else {
        bytes.append(byte)
        continue
      }
      bytes.append(decoded)
      rest = rest.dropFirst(2)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"),
      UInt8(ascii: "/"), UInt8(ascii: "@"):
      true
    default: false
    }
  }
}
