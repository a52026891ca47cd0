import Resilience

/// Reads server-sent events (WHATWG HTML, 9.2.6) as they come: bytes in, the data of whole events out.
struct EventStreamReader {
  /// Bytes of a line and of an event, at most.
  static let most = 4 << 20

  private var line: [UInt8] = []
  private var data: [UInt8] = []
  private var hasData = false
  private var isAfterReturn = false

  /// - Throws: a `CallFailure` of the class `streamBroken` when an event is too long.
  mutating func read(_ bytes: some Sequence<UInt8>) throws -> [[UInt8]] {
    var events: [[UInt8]] = []
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\n") where isAfterReturn: isAfterReturn = false
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
        isAfterReturn = byte == UInt8(ascii: "\r")
        if let event = try endLine() { events.append(event) }
      default:
        isAfterReturn = false
        guard line.count < Self.most else { throw Self.tooLong }
        line.append(byte)
      }
    }
    return events
  }

  private mutating func endLine() throws -> [UInt8]? {
    defer { line.removeAll(keepingCapacity: true) }
    guard !line.isEmpty else {
      defer { (data, hasData) = ([], false) }
      return hasData ? data : nil
    }
    let field = Array("data:".utf8)
    guard line.starts(with: field) else { return nil }
    var value = line[field.count...]
    if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
    guard data.count + value.count <= Self.most else { throw Self.tooLong }
    if hasData { data.append(UInt8(ascii: "\n")) }
    data += value
    hasData = true
    return nil
  }

  private static var tooLong: CallFailure {
    CallFailure(.streamBroken, message: "expected events of at most \(most) bytes, a longer one came")
  }
}
