package import PrivateRedis

/// One redis-server for all tests of this process that need nothing of it but a domain of their own. Never FLUSHALL here.
///
/// It ends with the process; nothing else ends it.
package enum SharedRedis {
  // One task that all tests wait for: whoever comes first starts the server, and no test's cancellation may end it for the others.
  private static let starting = Task { try await PrivateRedisServer.start() }

  /// The server itself; do not stop, kill or pause it.
  package static var server: PrivateRedisServer {
    get async throws { try await starting.value }
  }

  /// `unix:///...`
  package static var url: String {
    get async throws { try await server.url }
  }
}

/// A domain that no other test has, in this process or another.
package func uniqueDomain(_ name: String = "test") -> String {
  "\(name)-\(String(UInt64.random(in: .min ... .max), radix: 36))"
}
