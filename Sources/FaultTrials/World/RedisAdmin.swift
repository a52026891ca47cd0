import Hiredis
import Logging
import NIOPosix
import RedisClient

/// A connection of the trial's own straight to a redis-server, past every proxy.
struct RedisAdmin: Sendable {
  let url: String

  /// Connects, and runs `body`.
  func visit<Result: Sendable>(_ body: @Sendable (RedisClient) async throws -> Result) async throws -> Result {
    var configuration = try RedisConfiguration(url: url)
    configuration.commandTimeout = .seconds(60)
    let client = RedisClient(
      configuration: configuration, eventLoop: MultiThreadedEventLoopGroup.singleton.next(),
      logger: Logger(label: "trial") { _ in SwiftLogNoOpLogHandler() })
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await client.run() }
      defer { group.cancelAll() }
      try await client.waitUntilConnected(within: .seconds(30))
      return try await body(client)
    }
  }

  @discardableResult
  func send(_ words: String...) async throws -> Reply {
    try await visit { client in try await client.send(words.map { CommandArgument($0) }) }
  }
}
