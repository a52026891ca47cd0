import Foundation

/// The right to run a server in a folder that is kept: one owner at a time, until its last process there has ended.
///
/// A file is locked (flock(2)), and its guardian inherits the lock: so it is free when the guardian has ended, not when the owner has.
/// Until then the guardian ends every redis-server that it finds in the folder, the next owner's, too.
final class FolderLock: Sendable {
  /// How long a server whose owner has ended may take to end.
  static let patience: Duration = .seconds(5)

  /// For the guardian.
  let descriptor: CInt

  /// Waits until the folder is free: an owner that has just ended is still being cleaned up after.
  ///
  /// - Parameter folder: absolute; it is made if it is missing.
  /// - Throws: ``PrivateRedisError`` `directoryInUse` after ``patience``; `CancellationError`.
  static func take(_ folder: String) async throws -> FolderLock {
    try TemporaryFolder.create(folder, makesParents: true)
    let lock = try FolderLock(file: folder + "/owner.lock")
    let deadline = ContinuousClock.now + patience
    // One of an older version, or one that nobody guards, holds no lock.
    while !lock.isTaken || Probe(socketPath: folder + "/redis.sock", credentials: nil).ask() != .silent {
      guard ContinuousClock.now < deadline else {
        throw PrivateRedisError(
          .directoryInUse, "another redis-server works in \(folder) already, and did not end within \(patience)")
      }
      try await Task.sleep(for: .milliseconds(10))
    }
    return lock
  }

  private init(file: String) throws(PrivateRedisError) {
    descriptor = unsafe open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw SystemCall.error("could not open \(file)") }
  }

  deinit { close(descriptor) }

  private var isTaken: Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }
}
