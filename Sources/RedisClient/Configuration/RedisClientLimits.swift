public import Hiredis

/// Every bound of a client. A bound that is reached is an error with a name, never growth.
public struct RedisClientLimits: Sendable {
  /// Commands that wait for a connection or for their reply, together.
  public var pendingCommands: Int
  /// Bytes of the arguments of those commands.
  public var pendingBytes: Int
  /// Messages that a subscriber may be behind; the oldest are dropped and counted.
  public var subscriptionBuffer: Int
  /// How much one reply may hold.
  public var reply: ReplyLimits

  /// - Parameters:
  ///   - pendingCommands: Unanswered commands, at least 1.
  ///   - pendingBytes: Bytes of their arguments, at least 1.
  ///   - subscriptionBuffer: Messages kept for a slow subscriber, at least 1.
  ///   - reply: Bounds of one reply.
  public init(
    pendingCommands: Int = 16_384, pendingBytes: Int = 64 << 20, subscriptionBuffer: Int = 1_024,
    reply: ReplyLimits = .init()
  ) {
    precondition(pendingCommands >= 1, "pendingCommands must be at least 1")
    precondition(pendingBytes >= 1, "pendingBytes must be at least 1")
    precondition(subscriptionBuffer >= 1, "subscriptionBuffer must be at least 1")
    self.pendingCommands = pendingCommands
    self.pendingBytes = pendingBytes
    self.subscriptionBuffer = subscriptionBuffer
    self.reply = reply
  }
}
