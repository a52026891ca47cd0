/// Cuts the bytes of an append-only file into commands and annotations.
///
/// The file is a row of RESP arrays of bulk strings (`*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n`), with lines like `#TS:1700000000`
/// between them. Bytes come in pieces of any size; what is not yet complete waits. Only the current piece and
/// one incomplete command are in memory.
struct CommandScanner {
  enum Item: Equatable {
    case command([[UInt8]])
    case annotation(String)
  }

  struct Scanned: Equatable {
    var item: Item
    /// Offset of the item's first byte in the file.
    var offset: Int
  }

  private var buffer: [UInt8] = []
  /// The first byte in the buffer that no returned item contains.
  private var start = 0
  private var consumed = 0
  /// An incomplete command is not looked at again before the buffer has at least this many bytes.
  private var wanted = 0
  private let file: String

  init(file: String) {
    self.file = file
  }

  /// Offset of the first byte that belongs to no returned item.
  var offset: Int { consumed + start }
  /// Bytes of an incomplete item.
  var pending: Int { buffer.count - start }

  mutating func feed(_ bytes: some Sequence<UInt8>) {
    if start > 0 {
      buffer.removeFirst(start)
      consumed += start
      wanted = max(0, wanted - start)
      start = 0
    }
    buffer.append(contentsOf: bytes)
  }

  /// - Returns: the next whole item, or `nil` if its end has not come yet.
  mutating func next() throws(OracleError) -> Scanned? {
    guard start < buffer.count, buffer.count >= wanted else { return nil }
    var at = start
    switch buffer[start] {
    case UInt8(ascii: "#"):
      guard let line = try line(from: &at) else { return nil }
      let scanned = Scanned(item: .annotation(String(decoding: line.dropFirst(), as: UTF8.self)), offset: offset)
      start = at
      return scanned
    case UInt8(ascii: "*"):
      guard let arguments = try command(from: &at) else { return nil }
      let scanned = Scanned(item: .command(arguments), offset: offset)
      start = at
      wanted = 0
      return scanned
    default:
      throw malformed(at: start, expected: "'*' (a command) or '#' (an annotation)")
    }
  }

  private mutating func command(from at: inout Int) throws(OracleError) -> [[UInt8]]? {
    guard let count = try number(after: "*", from: &at, bound: OracleBounds.arguments) else { return nil }
    guard count > 0 else { throw malformed(at: start, expected: "at least one argument") }
    var arguments: [[UInt8]] = []
    arguments.reserveCapacity(min(count, 1_024))
    for _ in 0..<count {
      guard at < buffer.count else { return nil }
      guard buffer[at] == UInt8(ascii: "$") else { throw malformed(at: at, expected: "'$' (an argument)") }
      guard let length = try number(after: "$", from: &at, bound: OracleBounds.argument) else { return nil }
      let end = at + length
      guard end + 2 <= buffer.count else {
        wanted = end + 2
        return nil
      }
      guard buffer[end] == 13, buffer[end + 1] == 10 else {
        throw malformed(at: end, expected: "CR LF after an argument")
      }
      arguments.append(Array(buffer[at..<end]))
      at = end + 2
    }
    return arguments
  }

  /// Reads `<mark><digits>\r\n`.
  private func number(after mark: Character, from at: inout Int, bound: Int) throws(OracleError) -> Int? {
    let place = at
    guard let line = try line(from: &at) else { return nil }
    guard line.count <= 11, let value = Int(String(decoding: line.dropFirst(), as: UTF8.self)), value >= 0,
      value <= bound, line.dropFirst().first.map({ (48...57).contains($0) }) == true
    else { throw malformed(at: place, expected: "a number from 0 to \(bound) after '\(mark)'") }
    return value
  }

  private func line(from at: inout Int) throws(OracleError) -> ArraySlice<UInt8>? {
    let limit = min(buffer.count, at + OracleBounds.line)
    guard let end = buffer[at..<limit].firstIndex(of: 13) else {
      if limit == at + OracleBounds.line {
        throw malformed(at: at, expected: "a line of at most \(OracleBounds.line) bytes")
      }
      return nil
    }
    guard end + 1 < buffer.count else { return nil }
    guard buffer[end + 1] == 10 else { throw malformed(at: end, expected: "LF after CR") }
    defer { at = end + 2 }
    return buffer[at..<end]
  }

  private func malformed(at index: Int, expected: String) -> OracleError {
    let came = buffer[index..<min(buffer.count, index + 16)].map { byte in
      (32..<127).contains(byte) ? String(UnicodeScalar(byte)) : "\\x" + String(byte, radix: 16)
    }
    return OracleError(
      .malformed,
      "\(file)@\(consumed + index): expected \(expected), came \"\(came.joined())\"; the file is no append-only file or is damaged (redis-check-aof tells more)"
    )
  }
}
