/// Why a private redis-server could not be started, or did not do as it was told.
package struct PrivateRedisError: Error, Sendable, CustomStringConvertible {
  /// What went wrong, for code to decide on.
  package struct Code: Hashable, Sendable, CustomStringConvertible {
    private enum Value: String {
      case executableMissing, configurationInvalid, directoryInUse, startFailed, notRunning, systemCallFailed
    }
    private let value: Value

    /// There is no redis-server on this machine.
    package static let executableMissing = Code(value: .executableMissing)
    /// The configuration cannot work; nothing was started.
    package static let configurationInvalid = Code(value: .configurationInvalid)
    /// Another server works in the directory.
    package static let directoryInUse = Code(value: .directoryInUse)
    /// The server ended, or did not answer in time.
    package static let startFailed = Code(value: .startFailed)
    /// The server has ended already.
    package static let notRunning = Code(value: .notRunning)
    /// The operating system refused.
    package static let systemCallFailed = Code(value: .systemCallFailed)

    package var description: String { value.rawValue }
  }

  /// What went wrong, for code to decide on.
  package let code: Code
  /// What was expected, what came, and what to do; passwords of the configuration are blotted out.
  package let message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  package var description: String { message }
}
