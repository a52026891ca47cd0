import Hiredis

/// RESP2 by the letter, on the whole stream at once: slow, plain, and without a line in common with the reader under test.
struct ReferenceParser {
  enum Ending: Hashable { case complete, needsMore, broken }

  private let bytes: [UInt8]
  private var index = 0

  private enum Stop: Error { case needsMore, broken }

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The replies before the first broken byte, and how the stream ends.
  static func parse(_ bytes: [UInt8]) -> (replies: [Reply], ending: Ending) {
    var parser = ReferenceParser(bytes)
    var replies: [Reply] = []
    while parser.index < bytes.count {
      do throws(Stop) {
        replies.append(try parser.value(depth: 0))
      } catch {
        return (replies, error == .broken ? .broken : .needsMore)
      }
    }
    return (replies, .complete)
  }

  private mutating func take() throws(Stop) -> UInt8 {
    guard index < bytes.count else { throw .needsMore }
    index += 1
    return bytes[index - 1]
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(Stop) {
    guard try take() == UInt8(ascii: character) else { throw .broken }
  }

  private mutating func line() throws(Stop) -> [UInt8] {
    var line: [UInt8] = []
    while true {
      switch try take() {
      case 0x0d:
        try expect("\n")
        return line
      case 0x0a: throw .broken
      case let byte: line.append(byte)
      }
    }
  }

  private mutating func length(upTo maximum: Int) throws(Stop) -> Int {
    // A wrong character breaks the stream even if the line never ends; the number is judged at its CR.
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    var text: [UInt8] = []
    while true {
      let byte = try take()
      if byte == 0x0d { break }
      guard digits.contains(byte) || (byte == UInt8(ascii: "-") && text.isEmpty) else { throw .broken }
      text.append(byte)
    }
    guard let length = Int(String(decoding: text, as: UTF8.self)), (-1...maximum).contains(length),
      Array(String(length).utf8) == text
    else { throw .broken }
    try expect("\n")
    return length
  }

  private mutating func value(depth: Int) throws(Stop) -> Reply {
    switch try take() {
    case UInt8(ascii: "+"): return .status(String(decoding: try line(), as: UTF8.self))
    case UInt8(ascii: "-"): return .error(String(decoding: try line(), as: UTF8.self))
    case UInt8(ascii: ":"):
      let text = String(decoding: try line(), as: UTF8.self)
      guard let number = Int64(text), String(number) == text else { throw .broken }
      return .integer(number)
    case UInt8(ascii: "$"):
      let count = try length(upTo: ReplyLimits().maximumBulkLength)
      guard count >= 0 else { return .null }
      var content: [UInt8] = []
      for _ in 0..<count { content.append(try take()) }
      try expect("\r")
      try expect("\n")
      return .bulk(content)
    case UInt8(ascii: "*"):
      guard depth < 8 else { throw .broken }
      let count = try length(upTo: ReplyLimits().maximumElements)
      guard count >= 0 else { return .null }
      var elements: [Reply] = []
      for _ in 0..<count { elements.append(try value(depth: depth + 1)) }
      return .array(elements)
    default: throw .broken
    }
  }
}
