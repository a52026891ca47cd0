/// The bounds of one ``ReplyReader``: what a peer can make us keep in memory.
///
/// hiredis allocates what a header announces before its content has come, and aborts the process when that fails; so every header is
/// checked against these before hiredis sees it.
public struct ReplyLimits: Sendable, Hashable {
  /// Arrays below the outermost one that hiredis 0.14 can hold: 7. A larger ``maximumNesting`` is cut to this.
  public static let nestingOfHiredis = 7

  /// Bytes fed whose reply has not been returned by `next()` yet, at most: an unfinished reply and everything queued behind it.
  public var maximumUnconsumedBytes: Int
  /// Bytes in one bulk string, at most.
  public var maximumBulkLength: Int
  /// Bytes in one line (a status, an error, a number, a length), at most, without its CRLF.
  public var maximumLineLength: Int
  /// Elements of all arrays of one reply together, at most.
  public var maximumElements: Int
  /// Arrays inside the outermost array, counted downwards: 0 allows flat arrays only; hiredis allows 7.
  public var maximumNesting: Int

  /// - Precondition: no bound is negative.
  public init(
    maximumUnconsumedBytes: Int = 64 << 20,
    maximumBulkLength: Int = 16 << 20,
    maximumLineLength: Int = 64 << 10,
    maximumElements: Int = 1 << 20,
    maximumNesting: Int = ReplyLimits.nestingOfHiredis
  ) {
    precondition(
      min(maximumUnconsumedBytes, maximumBulkLength, maximumLineLength, maximumElements, maximumNesting) >= 0,
      "every bound of ReplyLimits is at least 0")
    self.maximumUnconsumedBytes = maximumUnconsumedBytes
    self.maximumBulkLength = maximumBulkLength
    self.maximumLineLength = maximumLineLength
    self.maximumElements = maximumElements
    self.maximumNesting = maximumNesting
  }
}
