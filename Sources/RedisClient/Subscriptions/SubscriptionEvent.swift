/// What a subscriber on the event loop hears.
package enum SubscriptionEvent {
  /// Redis has confirmed all channels: after the first time, and after each reconnect. Messages in between are lost.
  case established
  case message(RedisMessage)
  /// The connection is gone; `established` follows when it is back.
  case interrupted(RedisError)
  /// The last event; `nil`: the client was stopped.
  case ended(RedisError?)
}
