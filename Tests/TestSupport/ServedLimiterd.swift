import Foundation
import PrivateRedis

/// `limiterd serve` as a process that can be killed and started again at the same socket. It is killed if the test forgets it.
package actor ServedLimiterd {
  package nonisolated let socket: String
  private let folder: GuardedDirectory
  private let arguments: [String]
  private var process: ChildProcess

  /// Starts it and waits until it listens.
  ///
  /// - Parameter limits: lines of the policy's `limits:`, one each; the model is `m`.
  package init(
    domain: String, redis: String, limits: [String], timeToLive: String = "10s", arguments: [String] = []
  ) async throws {
    let policy = """
      domain: \(domain)
      headroom: 1.0
      guard: 0ms
      session_ttl: \(timeToLive)
      models:
        m: {provider: mine, settle: actual, price: {input: 0.001, output: 0.002}}
      limits:
      \(limits.map { "  \($0)" }.joined(separator: "\n"))
      """
    try await self.init(policy: policy, redis: redis, arguments: arguments)
  }

  /// Starts it and waits until it listens.
  package init(policy: String, redis: String, arguments: [String] = []) async throws {
    folder = try GuardedDirectory(named: "served", ending: Self.executable)
    socket = folder.path + "/d.sock"
    try policy.write(toFile: folder.path + "/policy.yaml", atomically: true, encoding: .utf8)
    self.arguments =
      ["serve", "--config", folder.path + "/policy.yaml", "--socket", folder.path + "/d.sock", "--redis", redis]
      + arguments
    process = try Self.start(self.arguments, in: folder)
    try await waitUntilItListens()
  }

  deinit { process.signal(SIGKILL) }

  /// What all its processes have logged.
  package var log: String { (try? String(contentsOfFile: folder.path + "/log", encoding: .utf8)) ?? "" }

  /// Ends it with a signal, and returns when it has ended.
  package func end(_ signal: Int32) async {
    process.signal(signal)
    _ = await process.end()
  }

  /// A signal; nobody waits.
  package func signal(_ signal: Int32) { process.signal(signal) }

  /// Starts it again after its end.
  package func restart() async throws {
    process = try Self.start(arguments, in: folder)
    try await waitUntilItListens()
  }

  private static var executable: String {
    let tests =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    return URL(filePath: tests).deletingLastPathComponent().appending(path: "limiterd").path
  }

  private static func start(_ arguments: [String], in folder: GuardedDirectory) throws -> ChildProcess {
    try ChildProcess(
      executable: executable, arguments: arguments, directory: folder.path, output: folder.path + "/log")
  }

  private func waitUntilItListens() async throws {
    let mark = "listens at"
    let before = listenings
    try await eventually("limiterd listens") {
      guard process.isRunning else { throw CommandFailed(description: log) }
      return log.components(separatedBy: mark).count - 1 > before
    }
    listenings = log.components(separatedBy: mark).count - 1
  }

  private var listenings = 0
}
