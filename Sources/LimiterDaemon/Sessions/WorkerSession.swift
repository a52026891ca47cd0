import NIOCore

/// Who holds permits and waits for others: a connection, or a name that survives it.
final class WorkerSession {
  let id: String
  var name: String?
  /// How long a named session lives without a connection.
  var grace = WorkerSession.defaultGrace
  /// Set to nil when it closes, so that this is no circle. A weak reference would make every use of a connection slower.
  var connection: WorkerConnection?
  /// Permits that are not settled, by id.
  var permits: Set<String> = []
  /// Calls without an answer.
  var waiting: [UInt64: PendingAcquire] = [:]
  var answers = AnswerMemory()
  var graceTimer: Scheduled<Void>?
  /// The named session to which all went that this one had, when its connection said that name.
  var successor: WorkerSession?
  /// Another connection has taken the session over that this connection had.
  var isReplacement = false

  /// Where it is now what its connection asked for.
  var present: WorkerSession { successor?.present ?? self }

  static let defaultGrace: Duration = .seconds(10)

  init(id: String) {
    self.id = id
  }
}
