/// Finds where replies end, and reads nothing else of them: what asks shares its processors with what it measures.
struct ReplyScanner {
  private static let keptBytes = 64 << 10

  private var bytes: [UInt8] = []
  private var start = 0

  mutating func feed(_ more: some Collection<UInt8>) {
    if start == bytes.count {
      bytes.removeAll(keepingCapacity: true)
      start = 0
    } else if start > Self.keptBytes {
      bytes.removeFirst(start)
      start = 0
    }
    bytes.append(contentsOf: more)
  }

  /// The next reply as it came; `nil`: not all of it is here.
  mutating func next() -> ArraySlice<UInt8>? {
    var position = start
    var values = 1
    while values > 0 {
      guard position < bytes.count, let (number, end) = line(at: position) else { return nil }
      values -= 1
      switch bytes[position] {
      case UInt8(ascii: "*"):
        values += max(number, 0)
        position = end
      case UInt8(ascii: "$"): position = number < 0 ? end : end + number + 2
      default: position = end
      }
    }
    guard position <= bytes.count else { return nil }
    defer { start = position }
    return bytes[start..<position]
  }

  /// The number behind the type, 0 where there is none, and the place behind the line.
  private func line(at position: Int) -> (number: Int, end: Int)? {
    var number = 0
    var isNegative = false
    var index = position + 1
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "-"): isNegative = true
      case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number &* 10 &+ Int(bytes[index] - UInt8(ascii: "0"))
      case UInt8(ascii: "\n"): return (isNegative ? -number : number, index + 1)
      default: break
      }
      index += 1
    }
    return nil
  }
}
