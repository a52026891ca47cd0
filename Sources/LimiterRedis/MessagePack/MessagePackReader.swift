/// Reads one flat MessagePack array of integers: how answers come from the scripts.
///
/// Redis' `cmsgpack.pack` writes whole numbers in the shortest integer form, and a number that has become a fraction as
/// a float; the scripts never let that happen, so a float is an error.
struct MessagePackReader {
  private let bytes: [UInt8]
  private var offset = 0
  /// Elements of the array that have not been read.
  private(set) var remaining: Int

  init(_ bytes: [UInt8]) throws(LimiterRedisError) {
    self.bytes = bytes
    remaining = 0
    let first = try take(1)
    switch first {
    case 0x90...0x9f: remaining = Int(first & 0x0f)
    case 0xdc: remaining = Int(try take(2))
    case 0xdd: remaining = Int(try take(4))
    default: throw .malformedAnswer("expected an array, got the byte \(first)")
    }
  }

  /// The next integer.
  mutating func next() throws(LimiterRedisError) -> Int64 {
    guard remaining > 0 else { throw .malformedAnswer("expected another number, but the answer has ended") }
    remaining -= 1
    let first = try take(1)
    switch first {
    case 0x00...0x7f: return Int64(first)
    case 0xe0...0xff: return Int64(Int8(truncatingIfNeeded: first))
    case 0xcc: return Int64(try take(1))
    case 0xcd: return Int64(try take(2))
    case 0xce: return Int64(try take(4))
    case 0xcf, 0xd3: return Int64(bitPattern: try take(8))
    case 0xd0: return Int64(Int8(truncatingIfNeeded: try take(1)))
    case 0xd1: return Int64(Int16(truncatingIfNeeded: try take(2)))
    case 0xd2: return Int64(Int32(truncatingIfNeeded: try take(4)))
    default: throw .malformedAnswer("expected an integer, got the byte \(first)")
    }
  }

  private mutating func take(_ count: Int) throws(LimiterRedisError) -> UInt64 {
    guard offset + count <= bytes.count else {
      throw .malformedAnswer("expected \(count) more bytes, but the answer has ended")
    }
    var value: UInt64 = 0
    for _ in 0..<count {
      value = value << 8 | UInt64(bytes[offset])
      offset += 1
    }
    return value
  }
}
