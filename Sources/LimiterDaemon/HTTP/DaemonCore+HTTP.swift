import Hiredis
import LimiterRedis
import NIOCore
import RedisClient

/// The session of all HTTP clients, and its commands.
///
/// An HTTP connection is no session: clients of HTTP share and reuse connections as they like. So permits belong to one session of
/// the daemon, and end when they are settled or their HOLD is over.
extension DaemonCore {
  /// Its id, by which `PERMITS http` lists what is held through HTTP.
  static let httpSession = "http"

  func openHTTP() {
    let session = WorkerSession(id: Self.httpSession)
    sessions[session.id] = session
    let connection = WorkerConnection(self, id: 0, origin: .http, session: session)
    session.connection = connection
    httpConnection = connection
  }

  /// The end; what is still held ends with the engine's session.
  func closeHTTP() {
    httpConnection = nil
    sessions.removeValue(forKey: Self.httpSession)?.connection = nil
  }

  /// Carries out a command of an HTTP client; a call that waits is withdrawn when the client goes.
  func ask(_ command: WorkerCommand, of client: any Channel, _ promise: EventLoopPromise<Reply>) {
    guard let connection = httpConnection, phase != .stopped else {
      return promise.fail(
        CommandError(.draining, "this limiterd is about to end; ask another one, or again in a moment"))
    }
    let reply = CollectedReply(promise)
    handle(command, ReplyTarget(connection: connection, place: .collected(reply)))
    guard !reply.isDone, command.name == "ACQUIRE" else { return }
    let watch = try? client.pipeline.syncOperations.handler(type: ClientWatch.self)
    guard client.isActive, let watch else { return withdraw(reply) }
    watch.whenGone { [weak self] in self?.withdraw(reply) }
  }

  /// Nobody waits for this reply any more; its call goes away unless others asked for the same under its ID.
  private func withdraw(_ reply: CollectedReply) {
    guard !reply.isDone else { return }
    reply.fail(CancellationError())
    guard let calls = sessions[Self.httpSession]?.waiting.values else { return }
    for call in calls where call.targets.contains(where: { $0.isCollected(by: reply) }) {
      call.targets.removeAll { $0.isCollected(by: reply) }
      if call.targets.isEmpty, let waiter = call.waiter { engine.withdraw(waiter, failing: CancellationError()) }
      return
    }
  }

  /// Why no call can be admitted now; `nil`: they can.
  var reasonNotReady: CommandError? {
    guard phase == .running else { return CommandError(.draining, "this limiterd is about to end") }
    guard client.state.isReady else {
      let cause = client.state.lastError.map { ": \($0)" } ?? ""
      return CommandError(.unavailable, "there is no connection to Redis\(cause)")
    }
    if let degraded = engine.degradation {
      return CommandError(
        .unavailable, "Redis gives no answer, limits are decided as their on_failure says: \(degraded.cause)")
    }
    if let refusal = engine.refusal { return CommandError(.refused, "Redis refuses to decide: \(refusal)") }
    guard engine.isOpen else {
      return CommandError(.unavailable, "the session in Redis is not open yet, or was lost and is opened anew")
    }
    return nil
  }
}
