/// Everything that can go wrong with a command or a connection.
///
/// Who wants to send again asks ``isSafeToSendAgain``, not the code: the same timeout is harmless before the command left
/// and dangerous afterwards. No description holds a password, a key or an argument.
public struct RedisError: Error, Sendable, CustomStringConvertible {
  /// What happened.
  public let code: Code
  /// What was expected, what came, and what to do.
  public let message: String
  /// Whether the command may have run.
  public let outcome: Outcome
  /// The error below this one.
  public let cause: (any Error)?

  package init(_ code: Code, _ message: String, outcome: Outcome, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.outcome = outcome
    self.cause = cause
  }

  /// Redis did not and will not run the command: sending it again cannot make it happen twice.
  public var isSafeToSendAgain: Bool { outcome != .unknown }

  /// Trying again is pointless until somebody changes a configuration.
  public var isFatal: Bool {
    ServerErrorTable.rule(for: code)?.isFatal ?? (code == .invalidConfiguration)
  }

  /// What may help, for an error that Redis answered; `nil` for all others.
  public var retry: Retry? { ServerErrorTable.rule(for: code)?.retry }

  /// Code, message, outcome, cause.
  public var description: String { "\(code): \(message) [\(outcome)]\(causeText)" }

  /// Message and cause: for people who have sent nothing yet, and need neither code nor outcome.
  package var explanation: String { message + causeText }

  private var causeText: String { cause.map { " (because: \(CauseText.of($0)))" } ?? "" }

  /// The same error, said of a command that has not been sent.
  func asNotSent() -> RedisError {
    RedisError(code, message, outcome: .notSent, cause: cause)
  }
}

extension RedisError {
  /// Whether the command may have run.
  public enum Outcome: Sendable, Hashable, CustomStringConvertible {
    /// It never left this process.
    case notSent
    /// Redis answered that it did not run it.
    case refused
    /// It was sent, and may have run in whole or in part, or may still run.
    case unknown

    /// In words.
    public var description: String {
      switch self {
      case .notSent: "not sent"
      case .refused: "sent, not run"
      case .unknown: "may have run"
      }
    }
  }

  /// What may help against an error that Redis answered.
  public enum Retry: Sendable, Hashable {
    /// The same command gives the same error.
    case never
    /// At once, after `SCRIPT LOAD`; this client does so itself, once.
    case afterLoad
    /// The same command, later.
    case later
    /// The same command, at another node.
    case elsewhere
  }
}
