internal import CSpawn
import Dispatch
import Foundation
import Synchronization

/// A direct child in a session of its own, so that Ctrl-C in a terminal reaches us and not it.
///
/// Why not `Foundation.Process`: it learns of a child's end when a socket closes that the child has inherited, and every other child that is
/// started meanwhile inherits it too; so the end of one is noticed only when all have ended.
///
/// A thread sleeps in `waitid` until the child has ended. It looks without reaping first: reaping and signalling exclude each other, so
/// a signal can never hit a stranger that was given the same process id.
package final class ChildProcess: Sendable {
  /// How a child has ended.
  package enum End: Hashable, Sendable {
    case exit(Int32)
    case signal(Int32)
  }

  package let pid: Int32
  private let state = Mutex<End?>(nil)
  private let ended = DispatchGroup()

  /// Starts the child. It inherits nothing but what stands here.
  ///
  /// - Parameters:
  ///   - executable: an absolute path.
  ///   - environment: ours if nil.
  ///   - directory: the working directory of the child, from its first instruction on.
  ///   - input: a descriptor that becomes standard input; `/dev/null` if nil. It stays ours to close.
  ///   - output: the file that standard output is appended to.
  ///   - outputDescriptor: a descriptor that becomes standard output instead. It stays ours to close.
  ///   - errors: the file that standard error is appended to; `output` if nil.
  package init(
    executable: String, arguments: [String], environment: [String: String]? = nil, directory: String = "/",
    input: Int32? = nil, output: String = "/dev/null", outputDescriptor: Int32? = nil, errors: String? = nil
  ) throws(PrivateRedisError) {
    var files = try FileActions()
    if let input { files.duplicate(input, to: 0) } else { files.open("/dev/null", flags: O_RDONLY, as: 0) }
    if let outputDescriptor {
      files.duplicate(outputDescriptor, to: 1)
    } else {
      files.open(output, flags: O_WRONLY | O_CREAT | O_APPEND, as: 1)
    }
    if let errors { files.open(errors, flags: O_WRONLY | O_CREAT | O_APPEND, as: 2) } else { files.duplicate(1, to: 2) }
    files.closeOthersAndEnter(directory)
    pid = try files.spawn(executable, arguments, environment ?? ProcessInfo.processInfo.environment)
    ended.enter()
    Thread.detachNewThread { [self] in reap() }
  }

  /// Whether the child has not ended yet.
  package var isRunning: Bool { state.withLock { $0 == nil } }

  /// False if the child has ended already.
  @discardableResult package func signal(_ number: Int32) -> Bool {
    state.withLock { end in end == nil && kill(pid, number) == 0 }
  }

  /// Returns when the child has ended; when it takes longer than `limit`, it is killed.
  package func end(within limit: Duration) async -> End {
    let patience = Task {
      try await Task.sleep(for: limit)
      signal(SIGKILL)
    }
    defer { patience.cancel() }
    return await end()
  }

  /// Returns when the child has ended. Not cut short by cancellation.
  package func end() async -> End {
    await withCheckedContinuation { continuation in
      ended.notify(queue: .global()) { [self] in continuation.resume(returning: state.withLock { $0 } ?? .exit(0)) }
    }
  }

  /// Blocks the thread. False if the child still runs after `limit`.
  func waitForEnd(within limit: Duration? = nil) -> Bool {
    guard let limit else {
      ended.wait()
      return true
    }
    return ended.wait(timeout: .now() + .nanoseconds(Int(min(limit / .nanoseconds(1), 1e18)))) == .success
  }

  private func reap() {
    var information = unsafe siginfo_t()
    while unsafe waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    state.withLock { end in
      var status: Int32 = 0
      while unsafe waitpid(pid, &status, 0) < 0, errno == EINTR {}
      let signal = status & 0x7f
      end = signal == 0 ? .exit((status >> 8) & 0xff) : .signal(signal)
    }
    ended.leave()
  }
}
