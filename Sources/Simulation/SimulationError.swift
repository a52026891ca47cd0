/// What stops a simulation before it begins, or makes its outcome worthless.
package struct SimulationError: Error, CustomStringConvertible, Equatable {
  package enum Code: String, Sendable {
    /// A trace that cannot be read; the message names the line.
    case trace
    /// Settings that make no sense together.
    case configuration
    /// Something outside: no Redis, no process, no socket.
    case environment
    /// A worker process ended before its time.
    case worker
  }

  package var code: Code
  package var message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  package var description: String { message }
}
