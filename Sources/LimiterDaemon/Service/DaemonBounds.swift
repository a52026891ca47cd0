package import Hiredis
package import NIOCore

/// Every bound of the daemon, by name.
package enum DaemonBounds {
  /// Connections at once, unless the configuration says otherwise.
  package static let connections = 10_000
  /// Open files that are no workers' connections.
  package static let otherFiles = 64
  /// Commands of one connection that wait for their turn to be answered; more are not read.
  package static let pipelined = 4_096
  /// Commands of one connection that are under way under a TAG; more are refused.
  package static let tagged = 32_768
  /// Replies that a connection does not take, in bytes: above the first, nothing more is read of it; above the second, it is closed.
  package static let slowReaderBytes = 1 << 20
  package static let outgoingBytes = 8 << 20
  /// Arguments of one command.
  package static let commandWords = 128
  /// Bytes of one argument.
  package static let wordBytes = 16 << 10
  /// Bytes that one connection may send ahead.
  package static let unparsedBytes = 1 << 20
  /// Commands to Redis that clients cause beside admissions and settlements, at once.
  package static let queries = 2_048
  /// Bytes of a client's name.
  package static let clientName = 128
  /// Calls that are decided as one request, and texts of such calls that are remembered.
  package static let alike = 256
  package static let alikeTexts = 1_024
  /// Answers that a session remembers for commands with an ID.
  package static let answers = 1_024
  /// Bytes of them, with their IDs.
  package static let answerBytes = 256 << 10
  /// Named sessions that live without a connection.
  package static let detachedSessions = 10_000
  /// Waiting calls that are looked at to tell a position in the queue.
  package static let queueWalk = 1_024
  /// Limits that WAITERS tells.
  package static let waitedLimits = 500
  /// Elements of one listing (PERMITS, QUEUE, CLIENT LIST).
  package static let listed = 10_000
  /// Connections that wait for the kernel to be accepted.
  package static let backlog: Int32 = 1_024
  /// How long a connection may be without its password.
  package static let authentication: Duration = .seconds(10)
  /// After how long permits are asked to be adopted again, where Redis gave no answer.
  package static let adoptAgain: Duration = .milliseconds(20)
  /// How old what is known of the fleet may become.
  package static let fleetAge: TimeAmount = .seconds(30)
  /// Wrong passwords after which a connection is closed.
  package static let passwordTries = 5
  /// The longest GRACE of a session.
  package static let longestGrace: Duration = .seconds(3_600)

  /// What the reader of a connection accepts that has not said its password: AUTH, or HELLO with it.
  package static let firstRequest = ReplyLimits(
    maximumUnconsumedBytes: 256 << 10, maximumBulkLength: 4 << 10, maximumLineLength: 256, maximumElements: 10,
    maximumNesting: 0)
  /// What the reader of a connection accepts.
  package static let request = ReplyLimits(
    maximumUnconsumedBytes: unparsedBytes, maximumBulkLength: wordBytes, maximumLineLength: 256,
    maximumElements: commandWords, maximumNesting: 0)
}
