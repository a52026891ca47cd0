import LimiterDaemon
import Logging
import UnixSignals

extension EmbeddedRedis {
  /// Starts it. It may have hours of data to load: a signal to end is heard meanwhile, and stops it again.
  ///
  /// - Throws: ``EndedEarly``; otherwise as ``start(folder:logger:)``.
  static func startUnlessEnded(folder: String, logger: Logger) async throws -> EmbeddedRedis {
    let ends = await UnixSignalsSequence(trapping: [.sigint, .sigterm])
    return try await withThrowingTaskGroup(of: EmbeddedRedis?.self) { group in
      group.addTask { try await start(folder: folder, logger: logger) }
      group.addTask {
        for await _ in ends { break }
        return nil
      }
      let first = try await group.next()
      group.cancelAll()
      if let started = first ?? nil { return started }
      // Both may have come at once.
      while let result = await group.nextResult() {
        if case .success(let started?) = result { await started.stop() }
      }
      throw EndedEarly()
    }
  }
}

/// A signal to end came before there was anything to drain.
struct EndedEarly: Error {}
