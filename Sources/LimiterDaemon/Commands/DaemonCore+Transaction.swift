/// There are no transactions: each command is decided by itself.
///
/// Clients that wrap a pipeline in MULTI and EXEC, as redis-py does unless it is told not to, fail at MULTI and throw away what was
/// answered behind it. So nothing behind it is carried out until EXEC or DISCARD: its permits would be nobody's.
extension DaemonCore {
  /// What MULTI is answered with, and EXEC and DISCARD behind it; `nil` for all other words.
  func transactionError(_ command: WorkerCommand, _ connection: WorkerConnection) -> CommandError? {
    switch command.name {
    case "MULTI":
      connection.facts.isInTransaction = true
      return CommandError(
        .malformed,
        "MULTI: there are no transactions, and nothing is carried out until EXEC or DISCARD; send the commands without "
          + "it (redis-py: `pipeline(transaction=False)`)")
    case "EXEC" where connection.facts.isInTransaction, "DISCARD" where connection.facts.isInTransaction:
      connection.facts.isInTransaction = false
      return CommandError(.discarded, "nothing since MULTI was carried out: there are no transactions")
    default:
      return nil
    }
  }

  /// The error of a command between MULTI and EXEC.
  static func inTransaction(_ command: WorkerCommand) -> CommandError {
    CommandError(.malformed, "\(command.name): not carried out, as it follows a MULTI; EXEC or DISCARD ends that")
  }
}
