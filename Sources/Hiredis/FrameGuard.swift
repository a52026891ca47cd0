/// Reads the framing of RESP2 ahead of hiredis and stops at the first byte that hiredis must not see.
///
/// hiredis 0.14 trusts its peer in four places, all tried: `*2147483647` allocates 16 GiB before the first element has come; a failed
/// allocation aborts the process; the two bytes after a bulk string are skipped unread, so a wrong length shifts everything that
/// follows; and a line without an end is searched again from its start at each feed. This knows lengths and nesting only; values are
/// hiredis' work.
///
/// A line costs one comparison per byte, a bulk string's content nothing.
struct FrameGuard {
  private enum Position {
    /// Before the type byte of a value.
    case start
    /// In a status, an error or an integer.
    case line(length: Int)
    /// In the length after `$` or `*`.
    case header(isArray: Bool, length: LengthField)
    /// After the CR of any line; `next` is what follows its LF.
    case lineFeed(next: AfterLine)
    /// In the content of a bulk string.
    case content(remaining: Int)
    /// Before the CR and the LF after the content.
    case contentCR, contentLF
  }

  private enum AfterLine { case value, content(Int), elements(Int) }

  private struct LengthField {
    var value = 0
    var digits = 0
    var isNegative = false
    var hasLeadingZero = false
  }

  private let limits: ReplyLimits
  private let nesting: Int
  private var position = Position.start
  /// Elements that are still to come, per open array, outermost first.
  private var open: [Int] = []
  /// Elements that the reply's arrays have announced so far.
  private var elements = 0

  /// The first rule that was broken, if any; nothing passes after it.
  private(set) var violation: HiredisError?

  init(limits: ReplyLimits) {
    self.limits = limits
    self.nesting = min(limits.maximumNesting, ReplyLimits.nestingOfHiredis)
    open.reserveCapacity(ReplyLimits.nestingOfHiredis + 1)
  }

  /// The number of leading bytes that hiredis may see: all, or those before the one that sets ``violation``.
  mutating func admit(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard violation == nil else { return 0 }
    var index = 0
    while index < bytes.count {
      if case .content(let remaining) = position {
        let skipped = min(remaining, bytes.count - index)
        position = skipped == remaining ? .contentCR : .content(remaining: remaining - skipped)
        index += skipped
        continue
      }
      if let error = step(unsafe bytes[index]) {
        violation = error
        return index
      }
      index += 1
    }
    return index
  }

  private mutating func step(_ byte: UInt8) -> HiredisError? {
    switch position {
    case .start: return begin(byte)
    case .line(let length): return line(byte, length: length)
    case .header(let isArray, let field): return header(byte, isArray: isArray, field: field)
    case .lineFeed(let next):
      guard byte == UInt8(ascii: "\n") else { return Self.expected("LF after the CR of a line", byte) }
      switch next {
      case .value: endValue()
      case .content(let length): position = length == 0 ? .contentCR : .content(remaining: length)
      case .elements(let count):
        open.append(count)
        position = .start
      }
    case .content: preconditionFailure("the content of a bulk string is skipped, never stepped through")
    case .contentCR:
      guard byte == UInt8(ascii: "\r") else { return Self.expected("CR after a bulk string", byte) }
      position = .contentLF
    case .contentLF:
      guard byte == UInt8(ascii: "\n") else { return Self.expected("LF after a bulk string", byte) }
      endValue()
    }
    return nil
  }

  private mutating func begin(_ type: UInt8) -> HiredisError? {
    switch type {
    case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: ":"): position = .line(length: 0)
    case UInt8(ascii: "$"): position = .header(isArray: false, length: LengthField())
    case UInt8(ascii: "*"):
      guard open.count <= nesting else {
        return HiredisError(.tooDeep, "expected at most \(nesting) arrays inside an array, one more came")
      }
      position = .header(isArray: true, length: LengthField())
    default: return Self.expected("one of + - : $ * at the start of a reply (RESP2)", type)
    }
    return nil
  }

  private mutating func line(_ byte: UInt8, length: Int) -> HiredisError? {
    switch byte {
    case UInt8(ascii: "\r"): position = .lineFeed(next: .value)
    case UInt8(ascii: "\n"): return Self.expected("CR before LF at the end of a line", byte)
    default:
      guard length < limits.maximumLineLength else {
        return HiredisError(
          .tooLarge, "expected a line of at most \(limits.maximumLineLength) bytes, a longer one came")
      }
      position = .line(length: length + 1)
    }
    return nil
  }

  private mutating func header(_ byte: UInt8, isArray: Bool, field: LengthField) -> HiredisError? {
    var field = field
    switch byte {
    case UInt8(ascii: "-") where field.digits == 0 && !field.isNegative: field.isNegative = true
    case UInt8(ascii: "0")...UInt8(ascii: "9"):
      // 18 digits cannot overflow, and no bound is that large.
      guard field.digits < 18 else { return tooLarge(isArray: isArray) }
      if field.digits > 0, field.value == 0 { field.hasLeadingZero = true }
      field.digits += 1
      field.value = field.value * 10 + Int(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "\r"): return endHeader(isArray: isArray, field: field)
    default: return Self.expected("a decimal length and CR", byte)
    }
    position = .header(isArray: isArray, length: field)
    return nil
  }

  private mutating func endHeader(isArray: Bool, field: LengthField) -> HiredisError? {
    guard field.digits > 0, !field.hasLeadingZero else {
      return HiredisError(.protocolError, "expected a decimal length, none or one with leading zeros came")
    }
    if field.isNegative {
      guard field.value == 1 else {
        return HiredisError(.protocolError, "expected a length of at least -1, a smaller one came")
      }
      position = .lineFeed(next: .value)
      return nil
    }
    if isArray {
      guard field.value <= limits.maximumElements - elements else { return tooLarge(isArray: true) }
      elements += field.value
      position = .lineFeed(next: field.value == 0 ? .value : .elements(field.value))
    } else {
      guard field.value <= limits.maximumBulkLength else { return tooLarge(isArray: false) }
      position = .lineFeed(next: .content(field.value))
    }
    return nil
  }

  /// A value has ended: so have all arrays whose last element it was.
  private mutating func endValue() {
    position = .start
    while let remaining = open.last {
      guard remaining == 1 else {
        open[open.count - 1] = remaining - 1
        return
      }
      open.removeLast()
    }
    elements = 0
  }

  private func tooLarge(isArray: Bool) -> HiredisError {
    isArray
      ? HiredisError(
        .tooLarge, "expected at most \(limits.maximumElements) array elements in one reply, more were announced")
      : HiredisError(
        .tooLarge, "expected a bulk string of at most \(limits.maximumBulkLength) bytes, a longer one was announced")
  }

  private static func expected(_ what: String, _ byte: UInt8) -> HiredisError {
    HiredisError(.protocolError, "expected \(what), came byte 0x\(String(byte, radix: 16)); close the connection")
  }
}
