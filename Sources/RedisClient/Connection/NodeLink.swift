import Hiredis
import Logging
import NIOCore

/// Keeps one connection to a node: carries out what ``LinkStateMachine`` says. Lives on the event loop.
final class NodeLink {
  weak var delegate: (any NodeLinkDelegate)?
  /// The connection, while commands may be sent on it.
  private(set) var handler: RedisChannelHandler?

  private let role: ConnectionStateMachine.Role
  private let configuration: RedisConfiguration
  private let eventLoop: any EventLoop
  private let logger: Logger
  private var machine: LinkStateMachine
  private var random = SystemRandomNumberGenerator()
  private var connector: Connector?
  /// The handler of the current attempt or connection; what others say is history.
  private var current: RedisChannelHandler?
  private var attempt = 0
  private var timer: Scheduled<Void>?

  init(
    role: ConnectionStateMachine.Role, configuration: RedisConfiguration, eventLoop: any EventLoop, logger: Logger,
    endsWhenRefused: Bool = true
  ) {
    self.role = role
    self.configuration = configuration
    self.eventLoop = eventLoop
    self.logger = logger
    self.machine = LinkStateMachine(configuration.reconnect, endsWhenRefused: endsWhenRefused)
  }

  var isStopped: Bool { machine.isStopped }
  var attempts: Int { machine.attempts }

  func start(_ connector: Connector) {
    self.connector = connector
    perform(machine.start())
  }

  /// Lets pending replies come for `drainTimeout`, then ends.
  func stop(because error: RedisError? = nil) {
    perform(machine.stop(because: error))
  }

  private func perform(_ action: LinkStateMachine.Action) {
    switch action {
    case .none:
      break
    case .connect:
      connect()
    case .rest(let delay):
      timer = eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) { [weak self] in
        guard let self else { return }
        perform(machine.restCompleted())
      }
    case .closeConnection:
      closeConnection()
    case .finish(let error):
      timer?.cancel()
      handler = nil
      delegate?.linkFinished(self, error: error)
    }
  }

  private func connect() {
    guard let connector else { return }
    attempt += 1
    let bound = NIOLoopBound((self, attempt), eventLoop: eventLoop)
    connector.connect(on: eventLoop) { channel in
      let (link, attempt) = bound.value
      // A connect that nobody waits for any more ends here, and its channel is closed.
      guard let handler = link.makeHandler(attempt) else { throw ChannelError.inputClosed }
      try channel.pipeline.syncOperations.addHandler(handler)
    }.assumeIsolated().whenFailure { [weak self, attempt] error in
      guard let self, attempt == self.attempt else { return }
      lost(ConnectError.translate(error, configuration))
    }
  }

  private func makeHandler(_ attempt: Int) -> RedisChannelHandler? {
    guard attempt == self.attempt else { return nil }
    let handler = RedisChannelHandler(role: role, configuration: configuration, eventLoop: eventLoop)
    handler.delegate = self
    current = handler
    return handler
  }

  private func closeConnection() {
    let reason = RedisError(.stopped, "The client was stopped.", outcome: .unknown)
    guard let current else { return lost(reason) }
    timer = eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(configuration.drainTimeout)) { [weak current] in
      current?.finish(reason)
    }
    current.drain(because: reason)
  }

  /// Once per attempt: whatever else its channel says is not heard.
  private func lost(_ error: RedisError) {
    attempt += 1
    current?.delegate = nil
    current = nil
    handler = nil
    let now = Duration.nanoseconds(Int64(clamping: eventLoop.now.uptimeNanoseconds))
    let action = machine.lost(error, at: now, using: &random)
    if case .rest(let delay) = action {
      logger.warning(
        "connection lost, will connect again",
        metadata: [
          LogKey.address: "\(configuration.address)", LogKey.error: "\(error)", LogKey.delay: "\(delay)",
          LogKey.attempt: "\(machine.attempts)",
        ])
      delegate?.linkWasLost(self, error: error)
    }
    perform(action)
  }
}

extension NodeLink: RedisChannelHandlerDelegate {
  func channelBecameReady(_ handler: RedisChannelHandler, facts: ConnectionFacts) {
    machine.handshakeCompleted(at: .nanoseconds(Int64(clamping: eventLoop.now.uptimeNanoseconds)))
    self.handler = handler
    logger.debug("connection ready", metadata: [LogKey.address: "\(configuration.address)"])
    delegate?.linkBecameReady(self, facts: facts)
  }

  func channelIsDraining(_ handler: RedisChannelHandler) {
    self.handler = nil
  }

  func channelReceived(_ handler: RedisChannelHandler, push: Reply) {
    delegate?.linkReceived(self, push: push)
  }

  func channelEnded(_ handler: RedisChannelHandler, error: RedisError) {
    lost(error)
  }
}
