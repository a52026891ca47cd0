package import Hiredis
package import Logging
package import NIOCore

/// One connection whose replies carry tags, so that they may come in any order: made, and made again when it is lost. What is sent is
/// not remembered here; its owner knows by the tags what has no reply yet. Lives on its event loop.
package final class TaggedLink {
  package weak var delegate: (any TaggedLinkDelegate)?

  private let link: NodeLink

  package init(configuration: RedisConfiguration, eventLoop: any EventLoop, logger: Logger) {
    link = NodeLink(role: .subscriptions, configuration: configuration, eventLoop: eventLoop, logger: logger)
    link.delegate = self
  }

  /// Commands may be sent.
  package var isReady: Bool { link.handler != nil }

  package func start(_ connector: Connector) { link.start(connector) }

  /// Closes now; `linkHasEnded` follows.
  package func stop() { link.stop() }

  /// Sends a command; all of one turn of the loop go out in one write.
  package func send(_ arguments: [CommandArgument]) { link.handler?.sendUnmatched(arguments) }

  /// The connection is of no use any more: another one is made.
  package func discard(_ reason: String) {
    link.handler?.finish(RedisError(.protocolViolation, reason, outcome: .unknown))
  }
}

/// Who owns a ``TaggedLink`` hears what becomes of it, on its event loop.
package protocol TaggedLinkDelegate: AnyObject {
  /// There is a connection, authenticated; nothing was sent on it yet.
  func linkIsReady()
  /// There is none any more, or an attempt has failed; another attempt follows.
  func linkWasLost(_ error: RedisError)
  func linkReceived(_ reply: Reply)
  /// There will be none any more; `nil`: because it was stopped.
  func linkHasEnded(_ error: RedisError?)
}

extension TaggedLink: NodeLinkDelegate {
  func linkBecameReady(_ link: NodeLink, facts: ConnectionFacts) { delegate?.linkIsReady() }
  func linkWasLost(_ link: NodeLink, error: RedisError) { delegate?.linkWasLost(error) }
  func linkReceived(_ link: NodeLink, push: Reply) { delegate?.linkReceived(push) }
  func linkFinished(_ link: NodeLink, error: RedisError?) { delegate?.linkHasEnded(error) }
}
