package import NIOCore

/// Replies as RESP2 writes them, straight into the buffer that goes out.
extension ByteBuffer {
  package mutating func writeRESP(status text: StaticString) {
    writeInteger(UInt8(ascii: "+"))
    writeStaticString(text)
    writeLineEnd()
  }

  /// An error; its text is kept on one line, whatever is in it.
  package mutating func writeRESP(error text: String) {
    writeInteger(UInt8(ascii: "-"))
    if text.utf8.contains(where: { $0 < 0x20 }) {
      writeBytes(text.utf8.map { $0 < 0x20 ? UInt8(ascii: " ") : $0 })
    } else {
      writeString(text)
    }
    writeLineEnd()
  }

  package mutating func writeRESP(_ number: Int64) {
    writeInteger(UInt8(ascii: ":"))
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

  package mutating func writeRESP(bulk bytes: [UInt8]) {
    writeBulkHeader(bytes.count)
    writeBytes(bytes)
    writeLineEnd()
  }

  package mutating func writeRESP(array count: Int) {
    writeInteger(UInt8(ascii: "*"))
    writeDecimal(Int64(count))
    writeLineEnd()
  }

  package mutating func writeRESPNull() {
    writeStaticString("$-1\r\n")
  }

  private mutating func writeBulkHeader(_ count: Int) {
    writeInteger(UInt8(ascii: "$"))
    writeDecimal(Int64(count))
    writeLineEnd()
  }

  private mutating func writeLineEnd() {
    writeStaticString("\r\n")
  }

  /// Decimal digits without a text in between: most replies are numbers.
  private mutating func writeDecimal(_ number: Int64) {
    if number < 0 { writeInteger(UInt8(ascii: "-")) }
    let magnitude = number.magnitude
    var scale: UInt64 = 1
    while magnitude / scale >= 10 { scale *= 10 }
    while scale > 0 {
      writeInteger(UInt8(ascii: "0") + UInt8(magnitude / scale % 10))
      scale /= 10
    }
  }
}
