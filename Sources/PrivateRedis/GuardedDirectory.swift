import Foundation

/// A directory of one's own (0700) under the temporary directory. It goes away with the last reference to it, and when the process ends,
/// however it ends.
package final class GuardedDirectory: Sendable {
  /// Absolute.
  package let path: String
  private let guardian: Guardian

  /// - Parameter name: says what it is for, to who finds it.
  package init(named name: String) throws(PrivateRedisError) {
    path = TemporaryFolder.uniquePath(named: name)
    guardian = try Guardian(directory: path, executable: "/nothing", keepsDirectory: false)
    try TemporaryFolder.create(path)
  }

  /// Removes it now; blocks the thread for the milliseconds that it takes.
  package func remove() { guardian.release() }
}
