import Logging
import NIOPosix
import RedisClient

/// One look at somebody's Redis before the workers are started, so that what is wrong is said once, and at once.
enum RedisCheck {
  /// - Returns: a warning, if its settings would make limits forget.
  /// - Throws: ``SimulationError`` with what is wrong and what to do.
  static func look(at url: String) async throws -> String? {
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
        guard let policy = client.evictionPolicy, policy != "noeviction" else { return nil }
        return
          "WARNING: this Redis may evict keys (maxmemory-policy \(policy)) and so forget limits: set it to noeviction"
      }
    } catch let error as RedisError {
      throw SimulationError(.environment, "\(error)")
    }
  }
}
