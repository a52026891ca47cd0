/// Replies as RESP2 writes them, one behind the other.
///
/// An array of bytes: a reply is some thirty small pieces, and appending one to an array costs a tenth of writing it into a buffer of
/// the network's.
package struct ReplyBuffer: Sendable, Hashable {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package var count: Int { bytes.count }
  package var isEmpty: Bool { bytes.isEmpty }

  /// Forgets everything; the memory is kept unless it is large.
  mutating func clear() {
    bytes.removeAll(keepingCapacity: bytes.capacity <= Self.keptCapacity)
  }

  private static let keptCapacity = 256 << 10

  /// The same in no more memory than it needs: one that is written piece by piece has room for up to three of it.
  var trimmed: ReplyBuffer {
    var trimmed = ReplyBuffer()
    trimmed.bytes.reserveCapacity(bytes.count)
    trimmed.bytes.append(contentsOf: bytes)
    return trimmed
  }

  // MARK: Values

  package mutating func writeRESP(status text: StaticString) {
    bytes.append(UInt8(ascii: "+"))
    writeStaticString(text)
    writeLineEnd()
  }

  /// An error; its text is kept on one line, whatever is in it.
  package mutating func writeRESP(error text: String) {
    bytes.append(UInt8(ascii: "-"))
    for byte in text.utf8 { bytes.append(byte < 0x20 ? UInt8(ascii: " ") : byte) }
    writeLineEnd()
  }

  package mutating func writeRESP(_ number: Int64) {
    bytes.append(UInt8(ascii: ":"))
    writeDecimal(number)
    writeLineEnd()
  }

  package mutating func writeRESP(_ number: Int64?) {
    if let number { writeRESP(number) } else { writeRESPNull() }
  }

  package mutating func writeRESP(_ flag: Bool) {
    writeStaticString(flag ? ":1\r\n" : ":0\r\n")
  }

  package mutating func writeRESP(bulk text: String) {
    writeBulkHeader(text.utf8.count)
    writeString(text)
    writeLineEnd()
  }

  package mutating func writeRESP(bulk word: some Collection<UInt8>) {
    writeBulkHeader(word.count)
    bytes.append(contentsOf: word)
    writeLineEnd()
  }

  package mutating func writeRESP(optional text: String?) {
    if let text { writeRESP(bulk: text) } else { writeRESPNull() }
  }

  package mutating func writeRESP(array count: Int) {
    bytes.append(UInt8(ascii: "*"))
    writeDecimal(Int64(count))
    writeLineEnd()
  }

  package mutating func writeRESPNull() {
    writeStaticString("$-1\r\n")
  }

  // MARK: Pieces

  /// Another reply, or several.
  package mutating func write(_ other: ReplyBuffer) {
    bytes.append(contentsOf: other.bytes)
  }

  package mutating func writeString(_ text: String) {
    bytes.append(contentsOf: text.utf8)
  }

  /// RESP that is known in advance.
  package mutating func writeStaticString(_ text: StaticString) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  private mutating func writeBulkHeader(_ count: Int) {
    bytes.append(UInt8(ascii: "$"))
    writeDecimal(Int64(count))
    writeLineEnd()
  }

  private mutating func writeLineEnd() {
    bytes.append(UInt8(ascii: "\r"))
    bytes.append(UInt8(ascii: "\n"))
  }

  /// Decimal digits without a text in between: most replies are numbers.
  private mutating func writeDecimal(_ number: Int64) {
    if number < 0 { bytes.append(UInt8(ascii: "-")) }
    var rest = number.magnitude
    bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: Self.digits(of: rest)))
    var place = bytes.count
    while rest > 0 {
      place -= 1
      bytes[place] += UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
  }

  private static func digits(of number: UInt64) -> Int {
    var (rest, count) = (number / 10, 1)
    while rest > 0 {
      count += 1
      rest /= 10
    }
    return count
  }
}
