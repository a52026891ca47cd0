import Foundation

/// A directory of one's own (0700) under the temporary directory. It goes away with the last reference to it, and when the process ends,
/// however it ends.
package final class GuardedDirectory: Sendable {
  /// Absolute.
  package let path: String
  private let guardian: Guardian

  /// - Parameters:
  ///   - name: says what it is for, to who finds it.
  ///   - executable: a program whose processes that work in this directory go away with it; `nil`: none does.
  package init(named name: String, ending executable: String? = nil) throws(PrivateRedisError) {
    path = TemporaryFolder.uniquePath(named: name)
    guardian = try Guardian(directory: path, executable: executable ?? "/nothing", keepsDirectory: false)
    try TemporaryFolder.create(path)
  }

  /// Removes it now; blocks the thread for the milliseconds that it takes.
  package func remove() { guardian.release() }
}
