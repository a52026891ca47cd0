import Foundation
import Hiredis
import PrivateRedis
import TestSupport
import Testing

extension WholeTests {
  /// A Redis that takes the connection no more.
  @Suite(.serialized) struct RefusedByRedisTests {
    @Test func `a password that Redis demands while limiterd runs is an outage, and mended there it is over`()
      async throws
    {
      try await withRedis { server in
        let program = try await ServeProgram.start(
          ServeProgram.policy("slots: {concurrency: 1, on_failure: closed}"), redis: server.url)
        let worker = try await program.connect()
        let permit = try #require(try await worker.call(line: "ACQUIRE m WAIT 20000").permit)
        try await Self.redis(server, "CONFIG", "SET", "requirepass", "secret")
        try await Self.redis(server, "-a", "secret", "CLIENT", "KILL", "TYPE", "normal")
        func says(_ text: String) async throws -> Bool {
          try await worker.call(line: "INFO redis").string?.contains(text) == true
        }
        try await eventually("its log tells it") { program.log.contains("Redis wants a password") }
        #expect(try await worker.call(line: "ACQUIRE m").errorMessage?.hasPrefix("UNAVAILABLE") == true)
        #expect(try await says("decided_by:on_failure"))
        #expect(program.process.isRunning, "\(program.log)")
        try await Self.redis(server, "-a", "secret", "CONFIG", "SET", "requirepass", "")
        try await eventually("it is connected again") { try await says("redis_state:connected") }
        // Late, where the outage was longer than a session lives.
        #expect(try await worker.call("SETTLE", permit).string?.hasPrefix("settled") == true)
        #expect(try await worker.call(line: "ACQUIRE m WAIT 20000").isGranted)
        program.process.signal(SIGTERM)
        worker.send("QUIT")
        #expect(try await program.end() == .exit(0), "\(program.log)")
      }
    }

    @Test func `at the start it is the end`() async throws {
      try await withRedis(.init(password: "secret")) { server in
        let refused = try await ServeProgram.run(
          ServeProgram.policy("slots: {concurrency: 1}"), redis: "unix://\(server.socketPath)", arguments: [])
        #expect(refused.end == .exit(1) && refused.log.contains("password"), "\(refused.log)")
      }
    }

    private static func redis(_ server: PrivateRedisServer, _ words: String...) async throws {
      try await runCommand("redis-cli", ["-s", server.socketPath] + words)
    }
  }
}
