package import Logging
import PrivateRedis

/// A redis-server of the daemon's own, for those that have configured none: on a Unix socket, with an append-only file and
/// without eviction. It is started again when it dies, and ends with the daemon.
package struct EmbeddedRedis: Sendable {
  private static let firstPause: Duration = .milliseconds(100)
  private static let longestPause: Duration = .seconds(10)
  /// How long it must have run for its end to count as the first.
  private static let stable: Duration = .seconds(30)

  private let server: PrivateRedisServer
  private let logger: Logger

  /// For a daemon that runs for months, the append-only file is rewritten, as Redis does by default.
  private static let lines = [
    "auto-aof-rewrite-percentage 100", "auto-aof-rewrite-min-size 64mb", "aof-use-rdb-preamble yes",
    "aof-timestamp-enabled no",
  ]

  /// Starts it, with its data in a folder.
  ///
  /// One of a limiterd that has just ended may still be ending there; it is waited for, up to 5 s.
  ///
  /// - Throws: ``DaemonError``, with the end of the server's log.
  package static func start(folder: String, logger: Logger) async throws -> EmbeddedRedis {
    do {
      let server = try await PrivateRedisServer.start(
        PrivateRedisConfiguration(storage: .directory(folder), extraLines: lines))
      return EmbeddedRedis(server: server, logger: logger)
    } catch let error as PrivateRedisError {
      throw DaemonError(.redis, "the private redis-server could not be started: \(error)\(advice(error))")
    }
  }

  private static func advice(_ error: PrivateRedisError) -> String {
    switch error.code {
    case .directoryInUse: "; stop the limiterd that it belongs to, or choose another folder with --state"
    case .executableMissing: "; or name a Redis with --redis"
    default: ""
    }
  }

  package var url: String { server.socketURL }
  package var socketPath: String { server.socketPath }
  package var pid: Int32? { server.pid }

  /// Starts it again whenever it has ended, until the task is cancelled.
  package func supervise() async throws {
    var pause = Self.firstPause
    while !Task.isCancelled {
      let began = ContinuousClock.now
      await server.ended()
      if Task.isCancelled { return }
      pause = ContinuousClock.now - began > Self.stable ? Self.firstPause : pause
      logger.error(
        "the private redis-server has ended and is started again",
        metadata: [LogKey.seconds: "\(pause)", LogKey.error: "\(server.logTail.suffix(400))"])
      try await Task.sleep(for: pause)
      pause = min(pause * 2, Self.longestPause)
      do { try await server.restart() } catch is CancellationError { return } catch {
        logger.error("the private redis-server cannot be started", metadata: [LogKey.error: "\(error)"])
      }
    }
  }

  package func stop() async { await server.stop() }
}
