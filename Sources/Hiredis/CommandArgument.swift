/// One argument of a command, its name included: any bytes.
public struct CommandArgument: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
  // As it came: a text or a number becomes bytes only where the command is formatted, without an array in between.
  enum Storage: Sendable {
    case text(String)
    case bytes([UInt8])
    case integer(Int64)
  }

  let storage: Storage

  /// The UTF-8 of a text.
  public init(_ text: String) { storage = .text(text) }
  /// Bytes as they are.
  public init(_ bytes: [UInt8]) { storage = .bytes(bytes) }
  /// A number in decimal digits.
  public init(_ number: Int64) { storage = .integer(number) }

  /// The UTF-8 of a text.
  public init(stringLiteral text: String) { storage = .text(text) }
  /// A number in decimal digits.
  public init(integerLiteral number: Int64) { storage = .integer(number) }

  /// What is sent for this argument.
  public var bytes: [UInt8] {
    switch storage {
    case .text(let text): Array(text.utf8)
    case .bytes(let bytes): bytes
    case .integer(let number): Array(String(number).utf8)
    }
  }
}

extension CommandArgument: Hashable {
  /// Equal if the same bytes are sent.
  public static func == (left: CommandArgument, right: CommandArgument) -> Bool { left.bytes == right.bytes }
  /// Hashes the bytes that are sent.
  public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}

extension CommandArgument {
  /// The number of bytes that ``write(to:)`` writes.
  package var encodedCount: Int {
    switch storage {
    case .text(let text): text.utf8.count
    case .bytes(let bytes): bytes.count
    case .integer(let number): Self.decimalDigits(of: number)
    }
  }

  /// Writes the bytes to the start of `target`, which has room for them, and returns their number.
  func write(to target: UnsafeMutableRawBufferPointer) -> Int {
    switch storage {
    case .bytes(let bytes):
      unsafe target.copyBytes(from: bytes)
      return bytes.count
    case .text(var text):
      return text.withUTF8 { utf8 in
        unsafe target.copyBytes(from: utf8)
        return utf8.count
      }
    case .integer(let number):
      let count = Self.decimalDigits(of: number)
      var rest = number.magnitude
      for index in stride(from: count - 1, through: 0, by: -1) {
        unsafe target[index] = UInt8(ascii: "0") + UInt8(rest % 10)
        rest /= 10
      }
      if number < 0 { unsafe target[0] = UInt8(ascii: "-") }
      return count
    }
  }

  private static func decimalDigits(of number: Int64) -> Int {
    var count = number < 0 ? 2 : 1
    var rest = number.magnitude / 10
    while rest > 0 {
      count += 1
      rest /= 10
    }
    return count
  }
}
