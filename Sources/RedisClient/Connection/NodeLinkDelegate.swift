import Hiredis

/// Who uses a link hears what becomes of it, on its event loop.
protocol NodeLinkDelegate: AnyObject {
  /// There is a connection. From now on ``NodeLink/handler`` is set.
  func linkBecameReady(_ link: NodeLink, facts: ConnectionFacts)
  /// There is none any more, or the attempt to make one has failed; another attempt follows.
  func linkWasLost(_ link: NodeLink, error: RedisError)
  /// A message, on a link with the role `subscriptions`.
  func linkReceived(_ link: NodeLink, push: Reply)
  /// There will be none any more; `nil`: because the client was stopped.
  func linkFinished(_ link: NodeLink, error: RedisError?)
}
