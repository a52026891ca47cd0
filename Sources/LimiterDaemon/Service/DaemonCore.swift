import DequeModule
import LimiterClient
import LimiterConfiguration
import LimiterCore
import LimiterRedis
import Logging
import NIOCore
import RedisClient

/// Everything of a daemon that lives on its event loop: connections, sessions, permits, and the engine with its connection to
/// Redis. A decision crosses no thread.
///
/// Files `DaemonCore+...` hold one command or concern each.
final class DaemonCore {
  enum Phase {
    case running
    case draining
    case stopped
  }

  let eventLoop: any EventLoop
  let settings: DaemonSettings
  let store: RedisStore
  var client: RedisClient { store.client }
  let engine: LimiterEngine
  let logger: Logger
  let started = NIODeadline.now()
  /// The same for people, in microseconds since 1970.
  let startedAt = ProcessFacts.clockMicroseconds

  var phase = Phase.running
  /// Shared with the engine, which asks again what a waiting call needs.
  let active: NIOLoopBoundBox<ActivePolicy>
  var connections: [Int64: WorkerConnection] = [:]
  var sessions: [String: WorkerSession] = [:]
  var named: [ExactName: WorkerSession] = [:]
  var permits: [String: GrantedPermit] = [:]
  var pending: [UInt64: PendingAcquire] = [:]
  var pendingOperations: [PendingOperation: PendingAcquire] = [:]
  /// Those that were asked for last are at the end; answered ones leave in their turn.
  var settlements: Deque<PendingSettlement> = []
  var isWatchingSettlements = false
  var alikeGroups: [WorkerWords: AlikeGroup] = [:]
  var turns = RedisTurns()
  var counters = DaemonCounters()
  /// Of the policy's file: they have changed, and count after a restart.
  var unappliedSections: [String] = []
  var metrics = DaemonMetrics()
  /// What all workers have counted lately, as it was told last.
  var fleet = FleetReport.empty
  var fleetSeen = NIODeadline.uptimeNanoseconds(0)
  /// Of all HTTP clients; it has no socket.
  var httpConnection: WorkerConnection?

  private var nextConnection: Int64 = 0
  private var nextSession: Int64 = 0
  private var nextPending: UInt64 = 0
  private var flushList: [WorkerConnection] = []

  init(
    settings: DaemonSettings, policy: ActivePolicy, store: RedisStore, engine: LimiterEngine, logger: Logger
  ) {
    eventLoop = engine.eventLoop
    self.settings = settings
    self.store = store
    self.engine = engine
    self.logger = logger
    active = NIOLoopBoundBox.makeBoxSendingValue(policy, eventLoop: engine.eventLoop)
  }

  func makePendingNumber() -> UInt64 {
    nextPending += 1
    return nextPending
  }

  func makeSession() -> WorkerSession {
    nextSession += 1
    let session = WorkerSession(id: "w\(nextSession)")
    sessions[session.id] = session
    return session
  }

  // MARK: Connections

  /// A connection has come; `nil` when there are too many.
  func accept(_ origin: ConnectionOrigin) -> WorkerConnection? {
    guard connections.count < settings.server.maximumConnections, phase != .stopped else {
      counters.connectionsRefused += 1
      return nil
    }
    nextConnection += 1
    counters.connectionsAccepted += 1
    let session = makeSession()
    let connection = WorkerConnection(self, id: nextConnection, origin: origin, session: session)
    session.connection = connection
    connections[connection.id] = connection
    return connection
  }

  /// A connection has gone: its waiters leave, and its permits end, unless its session has a name.
  func closed(_ connection: WorkerConnection) {
    guard connections.removeValue(forKey: connection.id) != nil else { return }
    let session = connection.session
    guard session.connection === connection else { return }
    detach(session)
  }

  func needsPassword(_ origin: ConnectionOrigin) -> Bool {
    if case .tcp = origin { settings.server.password != nil } else { false }
  }

  // MARK: Sending

  /// Sends what a connection has ready when this turn of the event loop ends, with all others that have something.
  func flushLater(_ connection: WorkerConnection) {
    guard !connection.isInFlushList else { return }
    connection.isInFlushList = true
    flushList.append(connection)
    guard flushList.count == 1 else { return }
    eventLoop.assumeIsolated().execute { self.flushAll() }
  }

  private func flushAll() {
    let list = flushList
    flushList = []
    for connection in list {
      connection.isInFlushList = false
      connection.flush()
    }
  }

  // MARK: Commands

  func handle(_ command: WorkerCommand, _ target: ReplyTarget) {
    counters.commands += 1
    let connection = target.connection
    connection.facts.lastCommand = command.name
    do throws(CommandError) {
      guard let entry = CommandTable.entries[command.name] else {
        if let error = transactionError(command, connection) { throw error }
        let name = ArgumentReader.excerpt(command.name.utf8)
        throw CommandError(.malformed, "unknown command \(name); COMMAND lists those that there are")
      }
      guard connection.isAuthenticated || entry.worksWithoutPassword else {
        throw CommandError(.noAuth, "Authentication required: send AUTH <password> first")
      }
      if connection.facts.isInTransaction, !entry.worksWithoutPassword { throw Self.inTransaction(command) }
      if connection.session.isReplacement, !entry.worksWithoutPassword {
        connection.session.isReplacement = false
        throw CommandError(
          .takenOver, "another connection has taken over the session of this one; this one has a new session now")
      }
      try entry.run(self, command, target)
    } catch {
      counters.commandErrors += 1
      target.answer(error)
    }
  }
}

/// An operation that is under way in a session.
struct PendingOperation: Hashable {
  private let session: String
  private let operation: ExactName

  init(session: String, operation: String) {
    self.session = session
    self.operation = ExactName(operation)
  }
}
