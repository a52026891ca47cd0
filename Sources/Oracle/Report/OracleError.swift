/// A history that cannot be read. A history that can be read and is wrong is a ``Violation`` instead.
package struct OracleError: Error, CustomStringConvertible, Equatable {
  package enum Code: String, Sendable {
    /// The file is missing or the operating system refused to read it.
    case unreadable
    /// Bytes that no append-only file has.
    case malformed
    /// A snapshot with data: what is in it has no history.
    case snapshot
  }

  package var code: Code
  package var message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  package var description: String { message }
}
