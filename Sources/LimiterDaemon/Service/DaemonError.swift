/// Why a daemon cannot run.
package struct DaemonError: Error, Hashable, CustomStringConvertible {
  package enum Code: Sendable {
    /// The configuration makes no sense.
    case configuration
    /// Somebody listens there already.
    case addressInUse
    /// The system refuses the address.
    case cannotListen
    /// Redis could not be started or used.
    case redis
  }

  package var code: Code
  /// What was expected, what came, what to do.
  package var message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  package var description: String { message }
}
