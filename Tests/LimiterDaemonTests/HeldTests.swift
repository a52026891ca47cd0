import Hiredis
import LimiterCore
import LimiterDaemon
import PrivateRedis
import TestSupport
import Testing

extension WholeTests {
  /// What is told of permits that are held.
  @Suite(.serialized) struct HeldTests {
    @Test func `what HELD denies because Redis is away is not shown as valid by PERMITS`() async throws {
      try await withRedis { server in
        try await withDaemon(
          "slots: {concurrency: 1}", redis: server.url, change: { $0.policy.sessionTimeToLive = .seconds(1) }
        ) { daemon in
          let worker = try await daemon.connect()
          let permit = try #require(try await worker.call(line: "ACQUIRE m").permit)
          func valid() async throws -> Int64? { try await worker.call("PERMITS").array?.first?["valid_for_ms"]?.int }
          #expect(try #require(try await valid()) > 0)
          try server.pause()
          try await eventually("its time is over") { try await worker.call("HELD", permit) == .integer(0) }
          #expect(try await valid() == 0)
          try server.resume()
        }
      }
    }
  }
}
