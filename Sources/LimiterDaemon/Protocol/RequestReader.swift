package import Hiredis
package import NIOCore

/// Turns bytes, cut anywhere, into requests: arrays of bulk strings, as every Redis client sends them.
///
/// Not libhiredis, which reads what our Redis answers: it makes a tree of every value, and an ACQUIRE spent most of its time in that.
/// A request has one shape, so here a word is a place in the bytes.
///
/// What it answers does not depend on where the bytes were cut. After a violation nothing that follows can be understood: close the
/// connection.
package struct RequestReader {
  /// More than this is not kept for a connection that has sent nothing more.
  private static let keptCapacity = 64 << 10
  /// Digits of a length, at most: more are above any bound, and could overflow.
  private static let lengthDigits = 18

  package var limits: ReplyLimits
  private var bytes: [UInt8] = []
  private var start = 0
  private var places: [Range<Int>] = []
  private var last = 0..<0
  private var violation: RequestViolation?

  /// - Parameter limits: what the peer may send; no line is longer than a length.
  package init(limits: ReplyLimits) {
    self.limits = limits
  }

  /// Bytes that are no whole request yet, or were not asked for.
  package var unreadBytes: Int { bytes.count - start }

  /// Takes the next bytes of the stream.
  ///
  /// - Throws: when too much would wait here; and the first violation again after any.
  package mutating func feed(_ buffer: ByteBuffer) throws(RequestViolation) {
    if let violation { throw violation }
    guard buffer.readableBytes <= limits.maximumUnconsumedBytes - unreadBytes else {
      throw violated("expected at most \(limits.maximumUnconsumedBytes) bytes of unread requests, more came")
    }
    if start == bytes.count {
      bytes.removeAll(keepingCapacity: bytes.capacity <= Self.keptCapacity)
      (start, last) = (0, 0..<0)
    } else if start > Self.keptCapacity {
      bytes.removeFirst(start)
      (start, last) = (0, 0..<0)
    }
    bytes.append(contentsOf: buffer.readableBytesView)
  }

  /// The words of the next request, none for an empty one; `nil`: more bytes are needed.
  package mutating func next() throws(RequestViolation) -> WorkerWords? {
    if let violation { throw violation }
    places.removeAll(keepingCapacity: true)
    guard start < bytes.count else { return nil }
    guard bytes[start] == UInt8(ascii: "*") else { throw violated(other: bytes[start]) }
    guard let (count, first) = try length(at: start + 1) else { return nil }
    guard count <= limits.maximumElements else {
      throw violated("expected at most \(limits.maximumElements) words in one request, more were announced")
    }
    var position = first
    for _ in 0..<max(count, 0) {
      guard position < bytes.count else { return nil }
      guard bytes[position] == UInt8(ascii: "$") else { throw violated(other: bytes[position]) }
      guard let (length, word) = try length(at: position + 1) else { return nil }
      guard length >= 0 else { throw violated("expected bulk strings in the array, a null came") }
      guard length <= limits.maximumBulkLength else {
        throw violated("expected a word of at most \(limits.maximumBulkLength) bytes, a longer one was announced")
      }
      let end = word + length
      if end < bytes.count { try expect(UInt8(ascii: "\r"), "CR after a bulk string", at: end) }
      guard end + 1 < bytes.count else { return nil }
      try expect(UInt8(ascii: "\n"), "LF after a bulk string", at: end + 1)
      places.append(word..<end)
      position = end + 2
    }
    last = start..<position
    start = position
    return WorkerWords(bytes, places: places)
  }

  /// The bytes of the request that was read last.
  package var lastRequest: [UInt8] { Array(bytes[last]) }

  /// Takes a request of these bytes; false when another one is next, or not all of it is here.
  package mutating func skip(_ request: [UInt8]) -> Bool {
    let end = start + request.count
    guard end <= bytes.count, bytes[start..<end] == request[...], violation == nil else { return false }
    start = end
    return true
  }

  /// A length, and the position behind its line; `nil`: more bytes are needed.
  private mutating func length(at first: Int) throws(RequestViolation) -> (Int, Int)? {
    var (value, digits, isNegative) = (0, 0, false)
    var position = first
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte {
        guard digits < Self.lengthDigits, digits == 0 || value > 0 else {
          throw violated("expected a decimal length of at most \(Self.lengthDigits) digits without leading zeros")
        }
        value = value * 10 + Int(byte - UInt8(ascii: "0"))
        digits += 1
      } else if byte == UInt8(ascii: "-"), digits == 0, !isNegative {
        isNegative = true
      } else {
        try expect(UInt8(ascii: "\r"), "a decimal length and CR", at: position - 1)
        guard digits > 0, !isNegative || value == 1 else {
          throw violated("expected a length of at least -1, none or a smaller one came")
        }
        guard position < bytes.count else { return nil }
        try expect(UInt8(ascii: "\n"), "LF after the CR of a line", at: position)
        return (isNegative ? -1 : value, position + 1)
      }
    }
    return nil
  }

  private mutating func expect(_ byte: UInt8, _ what: String, at position: Int) throws(RequestViolation) {
    guard bytes[position] != byte else { return }
    throw violated("expected \(what), came byte 0x\(String(bytes[position], radix: 16))")
  }

  private mutating func violated(other type: UInt8) -> RequestViolation {
    violated(
      "expected an array of bulk strings, as every Redis client sends, came byte 0x\(String(type, radix: 16)) as a type"
    )
  }

  private mutating func violated(_ message: String) -> RequestViolation {
    let violation = RequestViolation(message: message)
    self.violation = violation
    (bytes, start, places, last) = ([], 0, [], 0..<0)
    return violation
  }
}

/// Bytes that are no request.
package struct RequestViolation: Error, Hashable, CustomStringConvertible {
  package var message: String

  package var description: String { message }
}
