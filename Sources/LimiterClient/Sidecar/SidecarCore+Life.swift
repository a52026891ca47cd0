internal import Hiredis
internal import NIOCore
internal import RedisClient

/// The beginning and the end of a client.
extension SidecarCore {
  func start(_ connector: Connector, end: EventLoopPromise<Void>) {
    self.end = end
    if case .ended = phase { return end.succeed() }
    link.start(connector)
  }

  /// Nothing new; what waits is withdrawn, settlements are sent, and the session is closed.
  func stop() {
    guard case .running = phase else { return }
    phase = .stopping
    for command in Array(commands.values) where command.kind != .settlement {
      drop(command, failing: LimiterError.sidecarStopped)
    }
    eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(SidecarBounds.ending)) { self.leave() }
    leaveIfDone()
  }

  /// The connection ends, and limiterd keeps the session for its grace.
  ///
  /// - Parameter error: why it cannot be; whoever calls hears it.
  func stopAtOnce(because error: (any Error)? = nil) {
    if let error, case .running = phase { phase = .ended(error) }
    link.stop()
  }

  func leaveIfDone() {
    if case .stopping = phase, commands.isEmpty { leave() }
  }

  /// Without a grace, what is still held ends with the connection.
  private func leave() {
    guard case .stopping = phase, !isLeaving else { return }
    isLeaving = true
    guard link.isReady else { return link.stop() }
    tags.goodbye = say(["SESSION", CommandArgument(session), "GRACE", 0])
    eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(SidecarBounds.ending)) { self.link.stop() }
  }
}
