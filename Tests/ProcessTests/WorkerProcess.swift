import Foundation
import PrivateRedis
import Synchronization
import TestSupport

/// A process of `test-worker`. It is killed when the last reference goes away.
final class WorkerProcess: Sendable {
  private let process: Mutex<Process>
  private let output: String
  private let errors: String
  private let files: GuardedDirectory

  init(_ order: WorkerOrder) throws {
    files = try GuardedDirectory(named: "worker")
    output = files.path + "/output"
    errors = files.path + "/errors"
    // Files instead of pipes: nobody has to read while it writes, and what a killed process wrote is there.
    for path in [output, errors] { _ = FileManager.default.createFile(atPath: path, contents: nil) }
    let input = files.path + "/order"
    try JSONEncoder().encode(order).write(to: URL(filePath: input))
    let process = Process()
    process.executableURL = try Self.executable
    process.standardInput = FileHandle(forReadingAtPath: input)
    process.standardOutput = FileHandle(forWritingAtPath: output)
    process.standardError = FileHandle(forWritingAtPath: errors)
    try process.run()
    self.process = Mutex(process)
  }

  deinit { kill() }

  /// SIGKILL; nothing if it has ended.
  func kill() {
    process.withLock { if $0.isRunning { _ = Foundation.kill($0.processIdentifier, SIGKILL) } }
  }

  /// Waits for its end; whether it had done all that it was told.
  ///
  /// Foundation learns of an end when the last copy of a descriptor is closed, and other children of this process may
  /// have inherited one: the kernel's own word is asked instead.
  func end(within limit: Duration = .seconds(80)) async throws -> Bool {
    let pid = process.withLock { $0.processIdentifier }
    try await eventually("the worker ends", within: limit) {
      guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return true }
      // `123 (test-worker) Z ...`: ended, and not reaped yet.
      return status.split(separator: ")").last?.first { $0 != " " } == "Z"
    }
    return try lines.last?.isDone == true
  }

  /// What it has said so far. A line that was cut off by its death is left out.
  var lines: [WorkerLine] {
    get throws {
      try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n").compactMap {
        try? JSONDecoder().decode(WorkerLine.self, from: Data($0.utf8))
      }
    }
  }

  /// What it complained about.
  var complaints: String { (try? String(contentsOfFile: errors, encoding: .utf8)) ?? "" }

  /// It lies beside the tests, wherever they were built.
  private static var executable: URL {
    get throws {
      var folders = CommandLine.arguments.filter { $0.contains("/") }.map {
        URL(filePath: $0).deletingLastPathComponent()
      }
      if let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
        folders.insert(URL(filePath: own).deletingLastPathComponent(), at: 0)
      }
      folders.append(URL(filePath: FileManager.default.currentDirectoryPath + "/.build/debug"))
      let candidates = folders.map { $0.appending(path: "test-worker") }
      guard let found = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0.path) }) else {
        throw WorkerMissing(looked: candidates.map(\.path))
      }
      return found
    }
  }

  struct WorkerMissing: Error { var looked: [String] }
}
