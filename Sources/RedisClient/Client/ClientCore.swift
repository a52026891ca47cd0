import Hiredis
import Logging
import NIOCore

/// What a ``RedisClient`` has on its event loop: the link, the commands that wait for it, and the subscriptions.
final class ClientCore {
  let eventLoop: any EventLoop
  let configuration: RedisConfiguration
  let subscriptions: SubscriptionRegistry

  private let logger: Logger
  private let shared: SharedState
  private let link: NodeLink
  private var waiting = WaitingCommands<RedisCommand, NIODeadline>()
  private var waitingTimer: Scheduled<Void>?
  private var waitingDeadline = NIODeadline.distantFuture
  private var abandonedWhileWaiting = 0
  private var waiters = ConnectionWaiters()
  private var end: EventLoopPromise<Void>?
  private var isStopping = false
  private var endError: RedisError?
  private var lastError: RedisError?
  /// Connections that became ready.
  private(set) var connections = 0

  init(configuration: RedisConfiguration, eventLoop: any EventLoop, logger: Logger, shared: SharedState) {
    self.configuration = configuration
    self.eventLoop = eventLoop
    self.logger = logger
    self.shared = shared
    self.link = NodeLink(role: .commands, configuration: configuration, eventLoop: eventLoop, logger: logger)
    self.subscriptions = SubscriptionRegistry(configuration: configuration, eventLoop: eventLoop, logger: logger)
    link.delegate = self
  }

  // MARK: Life

  /// `end` is completed when both links have ended.
  ///
  /// - Returns: whether it is begun.
  func start(_ connector: Connector, end: EventLoopPromise<Void>) -> Bool {
    guard self.end == nil else {
      end.fail(RedisError(.stopped, "run() may be called once.", outcome: .notSent))
      return false
    }
    self.end = end
    guard !link.isStopped else {
      end.succeed()
      return false
    }
    shared.state = .connecting(attempts: 0, lastError: nil)
    subscriptions.start(connector)
    link.start(connector)
    return true
  }

  /// Refuses new commands, lets those under way end, and ends.
  func stop() {
    isStopping = true
    link.stop()
  }

  // MARK: Commands

  func submit(_ command: RedisCommand) {
    guard !link.isStopped, !isStopping else {
      return command.fail(
        endError?.asNotSent() ?? RedisError(.stopped, "The client's run() has ended.", outcome: .notSent))
    }
    guard command.deadline > eventLoop.now else { return command.fail(tooLate()) }
    let limits = configuration.limits
    let count = waiting.count + (link.handler?.pendingCount ?? 0)
    let byteCount = waiting.byteCount + (link.handler?.pendingByteCount ?? 0)
    guard count < limits.pendingCommands, byteCount + command.byteCount <= limits.pendingBytes else {
      return command.fail(
        RedisError(
          .tooManyPending,
          "\(count) commands with \(byteCount) bytes are without an answer; the bounds are \(limits.pendingCommands) "
            + "commands (pendingCommands) and \(limits.pendingBytes) bytes (pendingBytes). Ask less at once.",
          outcome: .notSent, cause: lastError))
    }
    if let handler = link.handler { return handler.send(command) }
    waiting.append(command, deadline: command.deadline, byteCount: command.byteCount)
    armWaiting(command.deadline)
  }

  /// The caller of `command` has gone.
  func abandon(_ command: RedisCommand) {
    guard !command.isDone else { return }
    command.abandon()
    guard !command.isSent else { return }
    // Those who were cancelled must not fill the queue for the others. Seldom, because each time costs the whole queue.
    abandonedWhileWaiting += 1
    guard abandonedWhileWaiting > 16, abandonedWhileWaiting * 2 > waiting.count else { return }
    abandonedWhileWaiting = 0
    waiting.removeAbandoned(where: \.isDone)
  }

  private func armWaiting(_ deadline: NIODeadline) {
    guard deadline < waitingDeadline else { return }
    waitingTimer?.cancel()
    waitingDeadline = deadline
    waitingTimer = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] in
      self?.expireWaiting()
    }
  }

  private func expireWaiting() {
    waitingDeadline = .distantFuture
    for command in waiting.removeExpired(now: eventLoop.now) { command.fail(tooLate()) }
    if let next = waiting.earliestDeadline() { armWaiting(next) }
  }

  private func tooLate() -> RedisError {
    guard let lastError else { return ConnectError.noConnectionYet(configuration) }
    return RedisError(
      .timeout, "There was no connection to \(configuration.address) within the command's time.", outcome: .notSent,
      cause: lastError)
  }

  // MARK: Waiting for a connection

  func awaitConnection(until deadline: NIODeadline, failsFast: Bool, promise: EventLoopPromise<Void>) -> UInt64? {
    if link.handler != nil {
      promise.succeed()
      return nil
    }
    if link.isStopped {
      promise.fail(endError ?? RedisError(.stopped, "The client's run() has ended.", outcome: .notSent))
      return nil
    }
    if failsFast, let lastError {
      promise.fail(lastError)
      return nil
    }
    let id = waiters.add(promise, failsFast: failsFast)
    let timer = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] in
      guard let self else { return }
      waiters.remove(id)?.fail(lastError ?? tooLate())
    }
    promise.futureResult.assumeIsolated().whenComplete { _ in timer.cancel() }
    return id
  }

  func cancelWaiter(_ id: UInt64) {
    waiters.remove(id)?.fail(
      RedisError(.cancelled, "The caller was cancelled.", outcome: .notSent, cause: CancellationError()))
  }
}

extension ClientCore: NodeLinkDelegate {
  func linkBecameReady(_ link: NodeLink, facts: ConnectionFacts) {
    lastError = nil
    connections += 1
    shared.state = .ready(evictionPolicy: facts.evictionPolicy)
    waitingTimer?.cancel()
    waitingDeadline = .distantFuture
    abandonedWhileWaiting = 0
    for command in waiting.removeAll() where !command.isDone {
      // The first answers cannot be here yet, but a failing write may have ended the connection.
      if let handler = link.handler { handler.send(command) } else { submit(command) }
    }
    for promise in waiters.takeAll() { promise.succeed() }
  }

  func linkWasLost(_ link: NodeLink, error: RedisError) {
    lastError = error.asNotSent()
    shared.state = .connecting(attempts: link.attempts, lastError: lastError)
    for promise in waiters.takeImpatient() { promise.fail(error) }
  }

  func linkReceived(_ link: NodeLink, push: Reply) {}

  func linkFinished(_ link: NodeLink, error: RedisError?) {
    endError = error
    shared.state = .stopped(error)
    waitingTimer?.cancel()
    let reason = error ?? RedisError(.stopped, "The client's run() has ended.", outcome: .notSent)
    for command in waiting.removeAll() { command.fail(reason.asNotSent()) }
    for promise in waiters.takeAll() { promise.fail(reason) }
    subscriptions.stop(because: reason)
    if let error { end?.fail(error) } else { end?.succeed() }
  }
}

extension ClientCore {
  /// There will never be a connection: its certificates cannot be read.
  func linkCannotStart(_ error: RedisError) {
    link.stop(because: error)
  }
}
