import Foundation
import Synchronization

/// A worker process, seen from its parent: lines in, messages out.
///
/// One thread per worker blocks in the writes and reads of its pipes, so that a worker that does not read holds up nobody else.
final class WorkerProcess: Sendable {
  enum Event: Sendable {
    case message(WorkerMessage)
    /// The process is gone: how, if not well.
    case ended(String?)
  }

  let number: Int
  private let process: Mutex<Process>
  private let input: FileHandle

  /// Starts the process and gives it its configuration.
  ///
  /// - Parameter events: called on a thread of its own, in order; ``Event/ended(_:)`` is the last one.
  init(
    command: [String], configuration: WorkerConfiguration, events: @escaping @Sendable (Event) -> Void
  ) throws(SimulationError) {
    number = configuration.number
    let (toWorker, fromWorker) = (Pipe(), Pipe())
    let process = Process()
    process.executableURL = URL(filePath: command.first ?? "")
    process.arguments = Array(command.dropFirst())
    process.standardInput = toWorker
    process.standardOutput = fromWorker
    let end = EndOfProcess()
    process.terminationHandler = { end.set($0) }
    do { try process.run() } catch {
      throw SimulationError(
        .worker, "could not start worker \(configuration.number) (\(command.first ?? "")): \(SystemText.of(error))")
    }
    self.process = Mutex(process)
    input = toWorker.fileHandleForWriting
    let output = fromWorker.fileHandleForReading
    let writer = LineWriter(input)
    Thread.detachNewThread {
      writer.write(configuration)
      Self.read(output, events)
      events(.ended(end.wait()))
    }
  }

  func send(_ command: WorkerCommand) {
    try? input.write(contentsOf: Data("\(command.rawValue)\n".utf8))
  }

  /// SIGKILL, if it still runs.
  func kill() {
    process.withLock { process in
      if process.isRunning { _ = Foundation.kill(process.processIdentifier, SIGKILL) }
    }
  }

  private static func read(_ output: FileHandle, _ events: (Event) -> Void) {
    var splitter = LineSplitter()
    let decoder = JSONDecoder()
    while true {
      let piece = output.availableData
      guard !piece.isEmpty, let lines = splitter.feed(piece) else { return }
      for line in lines {
        // A line that is no message is somebody's print: not for us.
        if let message = try? decoder.decode(WorkerMessage.self, from: line) { events(.message(message)) }
      }
    }
  }
}

/// How a process ended, for a thread that waits for it.
private final class EndOfProcess: Sendable {
  private let how = Mutex<String?>(nil)
  private let ended = DispatchSemaphore(value: 0)

  func set(_ process: Process) {
    let status = process.terminationStatus
    let isSignal = process.terminationReason == .uncaughtSignal
    if isSignal || status != 0 {
      how.withLock { $0 = isSignal ? "was ended by signal \(status)" : "ended with status \(status)" }
    }
    ended.signal()
  }

  func wait() -> String? {
    ended.wait()
    return how.withLock { $0 }
  }
}
