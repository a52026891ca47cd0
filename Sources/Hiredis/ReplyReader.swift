internal import CHiredis

/// Turns bytes, cut anywhere, into replies. Owns one `redisReader`.
///
/// ```
/// feed --> backlog --16 KiB--> FrameGuard --> redisReader --next()--> Reply
/// ```
///
/// A reader is used by one owner at a time and crosses no thread. What it answers does not depend on where the bytes were cut: replies that
/// were complete before a broken one are returned first, then the error, and from then on always that error.
///
/// Costs: one copy of the bytes into hiredis, one tree of hiredis per reply, one Swift allocation per bulk string, array or long text.
@safe
public struct ReplyReader: ~Copyable {
  /// hiredis moves all that is left in its buffer after each KiB it has parsed, which is quadratic in the size of the buffer.
  private static let sliceSize = 16 << 10

  private let reader: UnsafeMutablePointer<redisReader>?
  private let limits: ReplyLimits
  private var frames: FrameGuard
  private var failure: HiredisError?

  /// Bytes that hiredis has not been given yet, from `backlogStart` on.
  private var backlog: [UInt8] = []
  private var backlogStart = 0
  /// Bytes of the unfinished reply that hiredis has parsed already.
  private var parsedOfReply = 0

  /// - Parameter limits: what the peer can make this reader keep in memory.
  public init(limits: ReplyLimits = .init()) {
    self.limits = limits
    frames = FrameGuard(limits: limits)
    unsafe reader = redisReaderCreate()
    if unsafe reader == nil { failure = Self.noReader }
  }

  deinit {
    if let reader = unsafe reader { unsafe redisReaderFree(reader) }
  }

  /// Bytes that were fed and have not been returned as a reply.
  public var unconsumedBytes: Int {
    guard let reader = unsafe reader else { return 0 }
    return unsafe parsedOfReply + backlog.count - backlogStart + Int(clamping: chiredis_reader_unparsed(reader))
  }

  /// Takes the next bytes of the stream. They are copied: the pointer is not kept.
  ///
  /// - Throws: `tooLarge` when more than ``ReplyLimits/maximumUnconsumedBytes`` would wait here, and the first error again after any
  ///   error. Errors in the bytes themselves come from ``next()``, after the replies before them.
  public mutating func feed(_ bytes: UnsafeRawBufferPointer) throws(HiredisError) {
    if let failure { throw failure }
    guard bytes.count <= limits.maximumUnconsumedBytes - unconsumedBytes else {
      throw poison(
        HiredisError(
          .tooLarge,
          "expected at most \(limits.maximumUnconsumedBytes) bytes of unread replies, more came; close the connection"))
    }
    guard frames.violation == nil else { return }
    var direct = 0
    if backlogStart == backlog.count, let reader = unsafe reader {
      backlog.removeAll(keepingCapacity: backlog.capacity <= Self.sliceSize)
      backlogStart = 0
      let unparsed = unsafe Int(clamping: chiredis_reader_unparsed(reader))
      let room = max(0, Self.sliceSize - unparsed)
      direct = min(bytes.count, room)
      try unsafe hand(UnsafeRawBufferPointer(rebasing: bytes[..<direct]))
    }
    if direct < bytes.count {
      unsafe backlog.append(contentsOf: bytes[direct...])
    }
  }

  /// Takes the next bytes of the stream, as ``feed(_:)-(UnsafeRawBufferPointer)`` does.
  public mutating func feed(_ bytes: [UInt8]) throws(HiredisError) {
    let outcome = unsafe bytes.withUnsafeBytes { buffer -> Result<Void, HiredisError> in
      Result { () throws(HiredisError) in unsafe try feed(buffer) }
    }
    try outcome.get()
  }

  /// The next complete reply, or nil: more bytes are needed.
  ///
  /// - Throws: `protocolError`, `tooDeep`, `tooLarge` or `outOfMemory`; the reader is useless then and every later call throws the same
  ///   error: close the connection.
  public mutating func next() throws(HiredisError) -> Reply? {
    if let failure { throw failure }
    guard let reader = unsafe reader else { throw poison(Self.noReader) }
    while true {
      var root: UnsafeMutableRawPointer?
      let unparsed = unsafe chiredis_reader_unparsed(reader)
      guard unsafe redisReaderGetReply(reader, &root) == REDIS_OK else { throw poison(unsafe Self.error(of: reader)) }
      if let root = unsafe root {
        defer { unsafe freeReplyObject(root) }
        parsedOfReply = 0
        return try unsafe Self.walk(UnsafePointer(root.assumingMemoryBound(to: redisReply.self)))
      }
      unsafe parsedOfReply += Int(clamping: unparsed - chiredis_reader_unparsed(reader))
      if let violation = frames.violation { throw poison(violation) }
      guard backlogStart < backlog.count else { return nil }
      try handBacklog()
    }
  }

  private mutating func handBacklog() throws(HiredisError) {
    let end = min(backlog.count, backlogStart + Self.sliceSize)
    let range = backlogStart..<end
    backlogStart = end
    // Moved out for the call: a closure over `backlog` would be an exclusive access to all of self.
    let bytes = backlog
    let outcome = unsafe bytes.withUnsafeBytes { buffer -> Result<Void, HiredisError> in
      Result { () throws(HiredisError) in try unsafe hand(UnsafeRawBufferPointer(rebasing: buffer[range])) }
    }
    try outcome.get()
  }

  /// Gives hiredis what the guard lets pass.
  private mutating func hand(_ bytes: UnsafeRawBufferPointer) throws(HiredisError) {
    guard let reader = unsafe reader else { return }
    let admitted = unsafe frames.admit(bytes)
    guard admitted > 0, let start = bytes.baseAddress else { return }
    guard unsafe redisReaderFeed(reader, start.assumingMemoryBound(to: CChar.self), admitted) == REDIS_OK else {
      throw poison(unsafe Self.error(of: reader))
    }
  }

  private mutating func poison(_ error: HiredisError) -> HiredisError {
    failure = error
    backlog = []
    backlogStart = 0
    return error
  }
}

extension ReplyReader {
  private static let noReader = HiredisError(.outOfMemory, "redisReaderCreate could not allocate")

  /// hiredis' texts are constants of its own, but for the type byte, which the guard has checked.
  private static func error(of reader: UnsafeMutablePointer<redisReader>) -> HiredisError {
    let code: HiredisError.Code =
      unsafe chiredis_reader_error_code(reader) == REDIS_ERR_OOM ? .outOfMemory : .protocolError
    return unsafe HiredisError(code, "\(String(cString: chiredis_reader_error_text(reader))); close the connection")
  }

  private static func walk(_ reply: UnsafePointer<redisReply>) throws(HiredisError) -> Reply {
    switch unsafe reply.pointee.type {
    case REDIS_REPLY_INTEGER: return unsafe .integer(reply.pointee.integer)
    case REDIS_REPLY_STRING: return unsafe .bulk([UInt8](content(of: reply)))
    case REDIS_REPLY_STATUS: return unsafe .status(String(decoding: content(of: reply), as: UTF8.self))
    case REDIS_REPLY_ERROR: return unsafe .error(String(decoding: content(of: reply), as: UTF8.self))
    case REDIS_REPLY_NIL: return .null
    case REDIS_REPLY_ARRAY:
      let count = unsafe reply.pointee.elements
      var elements: [Reply] = []
      elements.reserveCapacity(Int(clamping: count))
      for index in 0..<count {
        guard let element = unsafe chiredis_reply_element(reply, index) else {
          throw HiredisError(.outOfMemory, "hiredis left out an element of an array")
        }
        try elements.append(unsafe walk(element))
      }
      return .array(elements)
    case let other: throw HiredisError(.protocolError, "hiredis answered a reply of the unknown type \(other)")
    }
  }

  private static func content(of reply: UnsafePointer<redisReply>) -> UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(start: reply.pointee.str, count: Int(clamping: reply.pointee.len))
  }
}
