import AsyncHTTPClient
import Foundation
import Hiredis
import NIOCore
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

    @Test func `a right that is missing is logged once, and nobody is ready until it is given`() async throws {
      try await withRedis { server in
        let program = try await ServeProgram.start(
          ServeProgram.policy("slots: {concurrency: 1}"), redis: server.url, arguments: ["--http", "127.0.0.1:0"])
        let worker = try await program.connect()
        let permit = try #require(try await worker.call(line: "ACQUIRE m WAIT 20000").permit)
        #expect(try await worker.call("CANCEL", permit) == .status("settled"))
        try await Self.redis(server, "ACL", "SETUSER", "default", "-evalsha")
        for _ in 1...3 {
          #expect(try await worker.call(line: "ACQUIRE m").errorMessage?.hasPrefix("REFUSED") == true)
        }
        let told = "Redis refuses what the limiter asks for, until somebody acts"
        #expect(program.log.components(separatedBy: told).count == 2, "\(program.log)")
        #expect(program.log.contains("noPermission"), "\(program.log)")
        func ready() async throws -> String {
          let port = program.log.firstMatch(of: #/http://127.0.0.1:([0-9]+)/#)?.1 ?? "0"
          let request = HTTPClientRequest(url: "http://127.0.0.1:\(port)/readyz")
          let answer = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
          return String(buffer: try await answer.body.collect(upTo: 1 << 16))
        }
        #expect(try await ready().contains("Redis refuses to decide: noPermission"))
        #expect(try await program.ctl("status").hasPrefix("REFUSED: Redis refuses to decide"))
        try await Self.redis(server, "ACL", "SETUSER", "default", "+evalsha")
        try await eventually("it decides again") { try await worker.call(line: "ACQUIRE m WAIT 20000").isGranted }
        #expect(try await ready().contains("\"ready\""))
        await worker.close()
        program.process.signal(SIGTERM)
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
