/// Why a command was not carried out: an error reply, `-<code> <message>`. The connection lives on.
package struct CommandError: Error, Hashable, CustomStringConvertible {
  /// The first word of the reply, for programs.
  package enum Code: String, Sendable {
    /// The command is unknown or malformed.
    case malformed = "ERR"
    /// A password is needed first.
    case noAuth = "NOAUTH"
    case wrongPassword = "WRONGPASS"
    case noProtocol = "NOPROTO"
    /// Redis gave no decision in time.
    case unavailable = "UNAVAILABLE"
    /// The same, of a command that counts each time that it is carried out: it may have been.
    case uncertain = "UNCERTAIN"
    /// Redis answered with an error that needs somebody to act.
    case refused = "REFUSED"
    /// A bound of this limiterd is reached.
    case busy = "BUSY"
    /// Another connection has taken this one's session over.
    case takenOver = "TAKENOVER"
    /// This limiterd is about to end.
    case draining = "DRAINING"
    /// The settlement was not confirmed yet.
    case pending = "PENDING"
    /// EXEC: there was no transaction.
    case discarded = "EXECABORT"
    /// FORGET withdrew the call.
    case forgotten = "FORGOTTEN"
  }

  package var code: Code
  /// What was expected, what came, what to do.
  package var message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  package var description: String { "\(code.rawValue) \(message)" }
}
