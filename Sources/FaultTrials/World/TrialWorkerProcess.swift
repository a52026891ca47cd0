import Foundation
import PrivateRedis
import Synchronization

/// A worker process, and what it has said.
final class TrialWorkerProcess: Sendable {
  let number: Int
  private let process: ChildProcess
  let log: String
  private let death = Mutex<Int64?>(nil)

  /// - Parameter program: the program and its arguments, before the order.
  init(program: [String], folder: String, order: WorkerOrder) throws {
    number = order.number
    log = "\(folder)/worker-\(order.number).log"
    process = try ChildProcess(
      executable: program[0], arguments: program.dropFirst() + [order.text], directory: folder, output: log,
      errors: "\(folder)/worker-\(order.number).err")
  }

  var isRunning: Bool { process.isRunning }
  /// When it was killed, by the monotonic clock in microseconds; what it holds is held at least until then.
  var killedAt: Int64? { death.withLock { $0 } }
  /// Everything that it has said. A line that is cut off by its death is not there.
  var events: [WorkerEvent] { WorkerEvent.read(log) }

  /// SIGKILL, and waits for its end.
  func kill() async {
    guard process.isRunning else { return }
    death.withLock { $0 = MonotonicClock.now }
    process.signal(SIGKILL)
    _ = await process.end()
  }

  func signal(_ number: Int32) { process.signal(number) }

  /// Whether it ended by itself, and well.
  func end(within limit: Duration) async -> Bool {
    await process.end(within: limit) == .exit(0)
  }
}
