import Foundation
import PrivateRedis
import TestSupport

/// A process of `limiterd serve`, in a folder of its own. It is killed if the test forgets it.
final class ServeProgram: Sendable {
  let process: ChildProcess
  let folder: GuardedDirectory

  var socket: String { folder.path + "/d.sock" }
  var config: String { folder.path + "/policy.yaml" }
  var log: String { (try? String(contentsOfFile: folder.path + "/log", encoding: .utf8)) ?? "" }

  /// - Parameter redis: a Redis to use; `nil`: its own.
  private init(_ policy: String, redis: String?, arguments: [String], environment: [String: String]) throws {
    folder = try GuardedDirectory(named: "serve", ending: Self.executable)
    try policy.write(toFile: folder.path + "/policy.yaml", atomically: true, encoding: .utf8)
    process = try ChildProcess(
      executable: Self.executable,
      arguments: ["serve", "--config", folder.path + "/policy.yaml", "--socket", folder.path + "/d.sock"]
        + ["--state", folder.path + "/state"] + (redis.map { ["--redis", $0] } ?? []) + arguments,
      environment: ProcessInfo.processInfo.environment.merging(environment) { $1 }, directory: folder.path,
      output: folder.path + "/log")
  }

  deinit { process.signal(SIGKILL) }

  /// Starts it and waits until it listens.
  static func start(
    _ policy: String, redis: String? = nil, arguments: [String] = [], environment: [String: String] = [:]
  ) async throws -> ServeProgram {
    let program = try ServeProgram(policy, redis: redis, arguments: arguments, environment: environment)
    try await eventually("it listens") {
      guard program.process.isRunning else { throw CommandFailed(description: program.log) }
      return program.log.contains("limiterd listens at")
    }
    return program
  }

  /// One that is expected to end by itself.
  static func run(
    _ policy: String, redis: String? = "unix:///nowhere.sock", arguments: [String],
    environment: [String: String] = [:]
  ) async throws -> (end: ChildProcess.End, log: String) {
    let program = try ServeProgram(policy, redis: redis, arguments: arguments, environment: environment)
    let end = try await within(.seconds(30), "its end") { await program.process.end() }
    return (end, program.log)
  }

  func connect() async throws -> WorkerClient { try await WorkerClient.connect(socket) }

  func end(within limit: Duration = .seconds(30)) async throws -> ChildProcess.End {
    try await within(limit, "its end") { [process] in await process.end() }
  }

  static func policy(_ limits: String, domain: String = uniqueDomain("serve")) -> String {
    """
    domain: \(domain)
    headroom: 1.0
    guard: 0ms
    models:
      m: {provider: mine, settle: actual}
    limits:
      \(limits)
    """
  }

  static var executable: String {
    let tests =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    return URL(filePath: tests).deletingLastPathComponent().appending(path: "limiterd").path
  }
}
