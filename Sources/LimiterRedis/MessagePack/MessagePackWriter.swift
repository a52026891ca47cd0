/// Writes one flat MessagePack array of integers and texts: how arguments reach the scripts in one piece.
///
/// Only the forms that Redis' `cmsgpack.unpack` reads and the scripts use: int 64, str, array 32.
/// https://github.com/msgpack/msgpack/blob/master/spec.md
struct MessagePackWriter {
  private(set) var bytes: [UInt8] = [0xdd, 0, 0, 0, 0]
  private var count: UInt32 = 0

  init(capacity: Int = 256) {
    bytes.reserveCapacity(capacity)
  }

  mutating func write(_ value: Int64) {
    count += 1
    switch value {
    case 0...0x7f: bytes.append(UInt8(value))
    case 0...0xffff:
      bytes.append(0xcd)
      append(UInt16(value).bigEndian)
    case 0...0xffff_ffff:
      bytes.append(0xce)
      append(UInt32(value).bigEndian)
    case -32..<0: bytes.append(UInt8(truncatingIfNeeded: value))
    default:
      bytes.append(0xd3)
      append(value.bigEndian)
    }
  }

  mutating func write(_ value: Int) {
    write(Int64(value))
  }

  mutating func write(_ flag: Bool) {
    write(flag ? 1 as Int64 : 0)
  }

  mutating func write(_ text: String) {
    let utf8 = text.utf8
    writeTextHeader(count: utf8.count)
    bytes.append(contentsOf: utf8)
  }

  /// A text that is there as UTF-8.
  mutating func write(text utf8: some Collection<UInt8>) {
    writeTextHeader(count: utf8.count)
    bytes.append(contentsOf: utf8)
  }

  /// The finished array.
  consuming func finish() -> [UInt8] {
    var bytes = bytes
    for shift in 0..<4 {
      bytes[1 + shift] = UInt8(truncatingIfNeeded: count >> UInt32(24 - 8 * shift))
    }
    return bytes
  }

  private mutating func writeTextHeader(count length: Int) {
    count += 1
    switch length {
    case 0..<32: bytes.append(0xa0 | UInt8(length))
    case 32..<256:
      bytes.append(0xd9)
      bytes.append(UInt8(length))
    case 256..<65_536:
      bytes.append(0xda)
      append(UInt16(length).bigEndian)
    default:
      bytes.append(0xdb)
      append(UInt32(length).bigEndian)
    }
  }

  private mutating func append(_ bigEndian: some FixedWidthInteger) {
    for byte in 0..<(bigEndian.bitWidth / 8) {
      bytes.append(UInt8(truncatingIfNeeded: bigEndian >> (8 * byte)))
    }
  }
}
