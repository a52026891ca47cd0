import Hiredis

/// Who owns a connection hears what becomes of it, on its event loop.
protocol RedisChannelHandlerDelegate: AnyObject {
  /// The handshake is done; commands may be sent.
  func channelBecameReady(_ handler: RedisChannelHandler, facts: ConnectionFacts)
  /// No more commands, please; `channelEnded` follows when the last reply is here.
  func channelIsDraining(_ handler: RedisChannelHandler)
  /// A message, on a connection with the role `subscriptions`.
  func channelReceived(_ handler: RedisChannelHandler, push: Reply)
  /// The end; comes once, and before the pending commands fail.
  func channelEnded(_ handler: RedisChannelHandler, error: RedisError)
}
