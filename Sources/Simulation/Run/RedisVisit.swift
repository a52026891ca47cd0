import Logging
import NIOPosix
import RedisClient

/// A short connection of the parent's own to somebody's Redis.
enum RedisVisit {
  /// - Throws: ``SimulationError`` with what is wrong with Redis and what to do.
  static func make<Result: Sendable>(
    _ url: String, _ body: @Sendable (RedisClient) async throws -> Result
  ) async throws -> Result {
    do {
      var logger = Logger(label: "redis")
      logger.logLevel = .critical
      let client = RedisClient(
        configuration: try RedisConfiguration(url: url), eventLoop: MultiThreadedEventLoopGroup.singleton.next(),
        logger: logger)
      return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await client.run() }
        defer { group.cancelAll() }
        // Longer than the attempt, so that its end is heard: it tells more than that our time was over.
        let limit = client.configuration.connectTimeout + .seconds(1)
        try await client.waitUntilConnected(within: limit, failFast: true)
        return try await body(client)
      }
    } catch let error as RedisError {
      throw SimulationError(.environment, error.explanation)
    }
  }
}
