import Foundation
import Hiredis
import LimiterConfiguration
import LimiterCore
import Logging
import NIOCore
import NIOPosix
import PrivateRedis
import RedisClient
import TestSupport

@testable import LimiterDaemon

/// A daemon of a test, in this process.
struct TestDaemon: Sendable {
  let daemon: Daemon
  let socket: String
  let port: Int?
  let domain: String
  let redisURL: String

  func connect() async throws -> WorkerClient { try await WorkerClient.connect(socket) }

  /// One field of INFO.
  func info(_ key: String) async throws -> Int? {
    let client = try await connect()
    let text = try await client.call("INFO").string ?? ""
    await client.close()
    let line = text.split(separator: "\r\n").first { $0.hasPrefix("\(key):") }
    return line.flatMap { Int($0.dropFirst(key.count + 1)) }
  }
}

/// Policies of tests, as YAML.
enum TestPolicy {
  static func parse(_ limits: String, domain: String) throws -> Policy {
    let text = """
      domain: \(domain)
      headroom: 1.0
      guard: 0ms
      models:
        m: {provider: mine, settle: actual, price: {input: 1, output: 2}}
        n: {provider: mine, settle: actual, price: {input: 1, output: 2}}
      limits:
      \(limits.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))
      """
    return try PolicyFile.parse(text, name: "test")
  }
}

/// Runs a daemon while `body` does, and ends it.
func withDaemon(
  _ limits: String, domain: String = uniqueDomain("daemon"), redis url: String? = nil,
  logger: Logger = .quiet, change: (inout DaemonSettings) -> Void = { _ in },
  _ body: @escaping @Sendable (TestDaemon) async throws -> Void
) async throws {
  let redisURL: String
  if let url { redisURL = url } else { redisURL = try await SharedRedis.url }
  let folder = try GuardedDirectory(named: "daemon")
  var server = ServerOptions()
  server.socket = folder.path + "/d.sock"
  var redis = try RedisConfiguration(url: redisURL)
  redis.reconnect = RedisReconnect(base: .milliseconds(20), cap: .milliseconds(200))
  var settings = DaemonSettings(
    policy: try TestPolicy.parse(limits, domain: domain), server: server, redis: redis)
  // A machine that runs many tests may be busy for longer than Redis may be silent.
  settings.answerTime = .seconds(20)
  settings.patience = .seconds(20)
  settings.server.redisSlowAfter = .seconds(20)
  change(&settings)
  let socket = settings.server.socket ?? ""
  let daemon = try await Daemon.make(
    settings, eventLoop: MultiThreadedEventLoopGroup.singleton.next(), logger: logger)
  let listening = Recorder<Int?>()
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await daemon.run { listening.record($0) } }
    let result: Result<Void, any Error>
    do {
      let port = try await listening.wait(count: 1)[0]
      try await body(TestDaemon(daemon: daemon, socket: socket, port: port, domain: domain, redisURL: redisURL))
      result = .success(())
    } catch { result = .failure(error) }
    daemon.stop()
    try await group.waitForAll()
    try result.get()
  }
  withExtendedLifetime(folder) {}
}

extension Logger {
  static var quiet: Logger { Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() }) }
}

extension Reply {
  /// The answer to ACQUIRE that grants.
  var isGranted: Bool { array?.first?.string == "granted" }
  var isDenied: Bool { array?.first?.string == "denied" }

  /// The permit of a grant.
  var permit: String? { isGranted ? array?[1].string : nil }

  /// The reason of a denial.
  var reason: String? { isDenied ? array?[1].string : nil }

  /// The value behind a key of a flat map.
  subscript(key: String) -> Reply? {
    guard let elements = array, let index = elements.firstIndex(where: { $0.string == key }),
      elements.indices.contains(index + 1)
    else { return nil }
    return elements[index + 1]
  }
}
