import Hiredis
import LimiterDaemon
import PrivateRedis
import TestSupport
import Testing

extension WholeTests {
  @Suite(.serialized) struct UncertainTests {
    @Test func `what counts each time and may have been carried out is told apart from what surely was not`()
      async throws
    {
      try await withRedis { server in
        try await withDaemon(
          "slots: {concurrency: 1}", redis: server.url, change: { $0.patience = .milliseconds(500) }
        ) { daemon in
          let worker = try await daemon.connect()
          func error(_ line: String) async throws -> Substring? {
            try await worker.call(line: line).errorMessage?.prefix { $0 != " " }
          }
          func hasConnection() async throws -> Bool {
            try await worker.call(line: "INFO redis").string?.contains("redis_state:connected") == true
          }
          #expect(try await error("REPORT calls 1") == nil)
          for (line, code) in [
            ("REPORT calls 2", "UNCERTAIN"), ("REPORT", "UNAVAILABLE"), ("COOLDOWN m ADMIT", "UNCERTAIN"),
            ("COOLDOWN m", "UNAVAILABLE"),
          ] {
            try server.pause()
            #expect(try await error(line) ?? "" == code, "\(line)")
            // A connection that is silent is given up; nothing can be sent before there is another one.
            try server.resume()
            try await eventually("there is a connection") { try await hasConnection() }
          }
          await server.kill()
          try await eventually("there is none") { try await !hasConnection() }
          #expect(try await error("REPORT calls 3") == "UNAVAILABLE")
          #expect(try await error("COOLDOWN m ADMIT") == "UNAVAILABLE")
          for (line, meaning) in [
            ("PEEK m", "Redis gave no answer, so nothing is known of it"),
            ("EXPLAIN m", "Redis gave no answer, so nothing is known of it"),
            ("LIMITS", "Redis gave no answer, so nothing is known of it"),
            ("WAITERS", "Redis gave no answer, so nothing is known of it"),
            ("COOLDOWN m", "Redis gave no answer, so nothing is known of it"),
            ("SETTLE s/m.1.1", "Redis gave no answer, so nothing was done"),
            ("REPORT calls 3", "Redis gave no answer, so nothing was done"),
            ("COOLDOWN m CLEAR", "Redis gave no answer, so nothing was done"),
          ] {
            let told = try await worker.call(line: line).errorMessage ?? "no error"
            #expect(told.hasPrefix("UNAVAILABLE") && told.contains(meaning), "\(line): \(told)")
          }
        }
      }
    }
  }
}
