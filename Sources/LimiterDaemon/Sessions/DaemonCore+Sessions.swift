import LimiterClient
import LimiterCore
import LimiterRedis
import NIOCore

/// Sessions: who holds what, and what becomes of it when they go.
extension DaemonCore {
  /// The connection of a session has gone: what waits leaves; a named session keeps its permits for its grace.
  func detach(_ session: WorkerSession) {
    session.connection = nil
    withdraw(session, CancellationError())
    guard session.name != nil, phase == .running,
      sessions.count - connections.count <= DaemonBounds.detachedSessions
    else { return end(session) }
    session.graceTimer = eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(session.grace)) {
      if session.connection == nil { self.end(session) }
    }
  }

  /// The calls of a session that have no answer go away.
  func withdraw(_ session: WorkerSession, _ error: any Error) {
    for call in session.waiting.values {
      if let waiter = call.waiter { engine.withdraw(waiter, failing: error) }
    }
  }

  /// A session is over: its permits end as abandoned, so its slots are free at once.
  func end(_ session: WorkerSession) {
    session.graceTimer?.cancel()
    sessions[session.id] = nil
    if let name = session.name.map(ExactName.init), named[name] === session { named[name] = nil }
    let ids = session.permits
    session.permits = []
    for id in ids {
      guard let granted = permits.removeValue(forKey: id) else { continue }
      counters.abandoned += 1
      metrics.ended("abandoned")
      engine.end(granted.item(ending: .abandoned), freed: granted.permit.slots)
    }
  }

  /// A connection takes the session of this name, or gives its own the name.
  ///
  /// - Parameter grace: `nil`: as it was, or the default of a new one.
  func name(_ connection: WorkerConnection, _ name: String, grace: Duration?) {
    let own = connection.session
    guard let existing = named[ExactName(name)] else {
      own.name = name
      own.grace = grace ?? WorkerSession.defaultGrace
      named[ExactName(name)] = own
      return
    }
    if let grace { existing.grace = grace }
    guard existing !== own else { return }
    existing.graceTimer?.cancel()
    existing.graceTimer = nil
    if let older = existing.connection { displace(older, from: existing) }
    adopt(own, into: existing)
    existing.connection = connection
    connection.session = existing
    counters.takeovers += 1
  }

  /// The older connection of a session: its calls end with an error, and it gets a new session.
  private func displace(_ older: WorkerConnection, from session: WorkerSession) {
    withdraw(session, CommandError(.takenOver, "another connection has taken over this session"))
    let replacement = makeSession()
    replacement.isReplacement = true
    replacement.connection = older
    older.session = replacement
  }

  /// What a connection got before it said its name is the named session's, too.
  private func adopt(_ own: WorkerSession, into session: WorkerSession) {
    // First: while Redis gives no answer, a call that leaves may let another one of this session be granted at once.
    withdraw(own, CommandError(.takenOver, "the connection has another session now; ask again"))
    for id in own.permits { permits[id]?.session = session }
    session.permits.formUnion(own.permits)
    own.permits = []
    own.successor = session
    sessions[own.id] = nil
  }
}
