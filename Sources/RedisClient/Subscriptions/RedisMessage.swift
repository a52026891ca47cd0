/// A message that somebody published.
public struct RedisMessage: Sendable, Hashable {
  /// Where it was published.
  public let channel: String
  /// What was published.
  public let payload: [UInt8]
}
