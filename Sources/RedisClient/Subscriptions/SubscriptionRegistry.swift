import Hiredis
import Logging
import NIOCore

/// All subscriptions of a client, on a connection of their own: carries out what ``SubscriptionSet`` says. Lives on the event
/// loop. The connection is made when the first subscriber comes.
final class SubscriptionRegistry {
  typealias Sink = (SubscriptionEvent) -> Void

  private let configuration: RedisConfiguration
  private let eventLoop: any EventLoop
  private let link: NodeLink
  private var set = SubscriptionSet()
  private var sinks: [SubscriptionSet.SubscriberID: Sink] = [:]
  private var connector: Connector?
  private var isLinkStarted = false
  private var end: RedisError?
  private var pingTimer: Scheduled<Void>?
  /// Intervals in which nothing came.
  private var silentIntervals = 0

  init(configuration: RedisConfiguration, eventLoop: any EventLoop, logger: Logger) {
    self.configuration = configuration
    self.eventLoop = eventLoop
    self.link = NodeLink(
      role: .subscriptions, configuration: configuration, eventLoop: eventLoop, logger: logger, endsWhenRefused: false)
    link.delegate = self
  }

  func start(_ connector: Connector) {
    self.connector = connector
    startLinkIfNeeded()
  }

  func stop(because reason: RedisError) {
    end = reason
    link.stop()
  }

  /// `sink` is called on the event loop, for the first time possibly before this returns.
  func add(_ channels: Set<String>, sink: @escaping Sink) -> SubscriptionSet.SubscriberID? {
    if let end {
      sink(.ended(end.code == .stopped ? nil : end))
      return nil
    }
    let (id, commands, isEstablished) = set.add(channels)
    sinks[id] = sink
    startLinkIfNeeded()
    send(commands)
    if isEstablished { sink(.established) }
    return id
  }

  func remove(_ id: SubscriptionSet.SubscriberID) {
    guard sinks.removeValue(forKey: id) != nil else { return }
    send(set.remove(id))
  }

  private func startLinkIfNeeded() {
    guard let connector, !isLinkStarted, !set.isEmpty else { return }
    isLinkStarted = true
    link.start(connector)
  }

  private func send(_ commands: [SubscriptionSet.Command]) {
    guard let handler = link.handler else { return }
    for command in commands {
      set.sent(command)
      switch command {
      case .subscribe(let name): handler.sendUnmatched(["SUBSCRIBE", CommandArgument(name)])
      case .unsubscribe(let name): handler.sendUnmatched(["UNSUBSCRIBE", CommandArgument(name)])
      }
    }
  }

  // A connection that only listens would never notice that the other side is gone: a stopped host says nothing.
  private func schedulePing() {
    pingTimer?.cancel()
    let interval = TimeAmount(configuration.subscriptionPingInterval)
    pingTimer = eventLoop.assumeIsolated().scheduleTask(in: interval) { [weak self] in
      guard let self, let handler = link.handler else { return }
      silentIntervals += 1
      guard silentIntervals <= 2 else {
        return handler.finish(
          RedisError(.timeout, "Redis was silent for two ping intervals of the subscriptions.", outcome: .unknown))
      }
      handler.sendUnmatched(["PING"])
      schedulePing()
    }
  }
}

extension SubscriptionRegistry: NodeLinkDelegate {
  func linkBecameReady(_ link: NodeLink, facts: ConnectionFacts) {
    silentIntervals = 0
    send(set.connected())
    schedulePing()
  }

  func linkWasLost(_ link: NodeLink, error: RedisError) {
    pingTimer?.cancel()
    for sink in sinks.values { sink(.interrupted(error)) }
  }

  func linkReceived(_ link: NodeLink, push: Reply) {
    silentIntervals = 0
    switch set.received(push) {
    case .nothing:
      break
    case .established(let ids):
      for id in ids { sinks[id]?(.established) }
    case .message(let ids, let message):
      for id in ids { sinks[id]?(.message(message)) }
    case .refused(let ids, let text, let commands):
      send(commands)
      let error = ServerErrorTable.error(forReply: text, isScript: false)
      for id in ids { sinks.removeValue(forKey: id)?(.ended(error)) }
    case .unexpected:
      link.handler?.finish(
        RedisError(.protocolViolation, "Expected a message or a confirmation of SUBSCRIBE.", outcome: .unknown))
    }
  }

  func linkFinished(_ link: NodeLink, error: RedisError?) {
    pingTimer?.cancel()
    let reason = error ?? end
    if end == nil { end = error ?? RedisError(.stopped, "The client was stopped.", outcome: .notSent) }
    let ended = sinks
    sinks = [:]
    _ = set.removeAll()
    for sink in ended.values { sink(.ended(reason?.code == .stopped ? nil : reason)) }
  }
}
