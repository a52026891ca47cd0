import LimiterRedis
import Logging
import NIOPosix
import PrivateRedis
import RedisClient
import TestSupport

/// A redis-server with the users of `docs/limiterd.acl`, seen by the limiter's user and by one that may do everything.
struct ModelRedis: Sendable {
  let client: RedisClient
  let admin: RedisClient

  // One server for all tests of this process; it ends with it.
  private static let starting = Task {
    try await PrivateRedisServer.start(
      PrivateRedisConfiguration(
        accessControl: AccessControlFile.lines + [AccessControl.user("admin", password: "admin")], appendOnly: false))
  }

  static var server: PrivateRedisServer {
    get async throws { try await starting.value }
  }
}

/// Both clients, for the time of `body`.
func withModelRedis<Result: Sendable>(
  _ scripts: LimiterScripts, _ body: @Sendable (ModelRedis) async throws -> Result
) async throws -> Result {
  let url = try await ModelRedis.server.socketURL
  let user = try AccessControlFile.user
  return try await withClient(
    url, credentials: RedisCredentials(user: user.name, password: user.password), scripts: scripts.all
  ) { client in
    try await withClient(url, credentials: RedisCredentials(user: "admin", password: "admin")) { admin in
      try await body(ModelRedis(client: client, admin: admin))
    }
  }
}

/// A client of a redis-server for the time of `body`.
func withClient<Result: Sendable>(
  _ url: String, credentials: RedisCredentials? = nil, scripts: [RedisScript] = [],
  _ body: @Sendable (RedisClient) async throws -> Result
) async throws -> Result {
  var configuration = try RedisConfiguration(url: url)
  if let credentials { configuration.credentials = credentials }
  configuration.scripts = scripts
  configuration.limits.pendingCommands = 2_000_000
  configuration.limits.pendingBytes = 1 << 30
  configuration.commandTimeout = .seconds(60)
  let client = RedisClient(
    configuration: configuration, eventLoop: MultiThreadedEventLoopGroup.singleton.next(),
    logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  return try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await client.run() }
    let result = try await body(client)
    group.cancelAll()
    return result
  }
}
