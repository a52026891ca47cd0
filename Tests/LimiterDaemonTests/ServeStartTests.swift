import Foundation
import Hiredis
import LimiterDaemon
import PrivateRedis
import TestSupport
import Testing

extension WholeTests {
  /// Starts that fail, and those that come after them in the same folder.
  @Suite(.serialized) struct ServeStartTests {
    static var policy: String { ServeProgram.policy("slots: {concurrency: 1}") }

    @Test func `a start that failed does not stand in the way of the next one`() async throws {
      let taken = try await ServeProgram.start(
        Self.policy, redis: try await SharedRedis.url, arguments: ["--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"])
      let port = try #require(taken.log.firstMatch(of: #/and at 127.0.0.1:([0-9]+)/#)?.1)
      let httpPort = try #require(taken.log.firstMatch(of: #/http://127.0.0.1:([0-9]+)/#)?.1)
      let folder = try GuardedDirectory(named: "state")
      let state = ["--state", folder.path + "/state"]
      for (words, told) in [
        (
          ["--listen", "127.0.0.1:\(port)"],
          "cannot listen at 127.0.0.1:\(port): another process listens there already; stop it, or choose another address with --listen"
        ),
        (
          ["--http", "127.0.0.1:\(httpPort)"],
          "cannot listen for HTTP at 127.0.0.1:\(httpPort): another process listens there already; stop it, or choose another address with --http"
        ),
        (["--listen", "192.0.2.1:7379"], "expected a password"),
        (["--socket", taken.socket], "another process listens at \(taken.socket) already"),
        (["--socket", "/proc/nowhere/d.sock"], "/proc/nowhere"),
      ] {
        let failed = try await ServeProgram.run(Self.policy, redis: nil, arguments: state + words)
        #expect(failed.end == .exit(1) && failed.log.contains(told), "\(words): \(failed.log)")
        let next = try await ServeProgram.start(Self.policy, arguments: state)
        #expect(try await next.connect().call("PING") == .status("PONG"))
        next.process.signal(SIGTERM)
        #expect(try await next.end() == .exit(0), "\(next.log)")
      }
    }

    @Test func `an address that cannot be is told with its reason and what to do`() async throws {
      let folder = try GuardedDirectory(named: "password")
      try "secret".write(toFile: folder.path + "/password", atomically: true, encoding: .utf8)
      let policy = Self.policy + "\nserver: {password_file: \(folder.path)/password}"
      for (words, told) in [
        // An address of the documentation (RFC 5737), and a name that does not exist (RFC 6761).
        (
          ["--listen", "192.0.2.1:7379"],
          "cannot listen at 192.0.2.1:7379: this machine has no such address; choose another address with --listen"
        ),
        (
          ["--listen", "nowhere.invalid:7379"],
          "cannot listen at nowhere.invalid:7379: the name of the host has no address; choose another"
        ),
        (
          ["--http", "192.0.2.1:9178"],
          "cannot listen for HTTP at 192.0.2.1:9178: this machine has no such address; choose another address with --http"
        ),
      ] {
        let failed = try await ServeProgram.run(policy, arguments: words)
        #expect(failed.end == .exit(1) && failed.log.contains(told), "\(words): \(failed.log)")
      }
    }

    @Test func `after a kill it starts at once again, with what it had`() async throws {
      let folder = try GuardedDirectory(named: "state")
      let state = ["--state", folder.path + "/state"]
      let policy = ServeProgram.policy("tokens: {tokens: 100/1h}")
      for round in 1...4 {
        let program = try await ServeProgram.start(policy, arguments: state)
        let granted = try await program.connect().call(line: "ACQUIRE m TOKENS 30 HOLD 0 WAIT 0")
        #expect(granted.isGranted == (round <= 3), "\(granted)")
        // What is written last is on the disk after a second at the latest: not what is asked here.
        if round <= 3 { try await Self.sync(folder.path + "/state/redis/redis.sock") }
        // The last one ends by itself: whoever is killed leaves its redis-server to its guardian, who would not find it in a folder that is gone.
        program.process.signal(round <= 3 ? SIGKILL : SIGTERM)
        _ = try await program.end()
      }
    }

    @Test func `one that ends leaves the socket of its successor alone, and removes its own`() async throws {
      let redis = try await SharedRedis.url
      let first = try await ServeProgram.start(Self.policy, redis: redis)
      let socket = first.socket
      try FileManager.default.removeItem(atPath: socket)
      let second = try await ServeProgram.start(Self.policy, redis: redis, arguments: ["--socket", socket])
      let mode = try FileManager.default.attributesOfItem(atPath: socket)[.posixPermissions] as? Int
      #expect(mode == 0o660)
      first.process.signal(SIGTERM)
      #expect(try await first.end() == .exit(0), "\(first.log)")
      #expect(try await WorkerClient.connect(socket).call("PING") == .status("PONG"))
      second.process.signal(SIGTERM)
      #expect(try await second.end() == .exit(0), "\(second.log)")
      #expect(!FileManager.default.fileExists(atPath: socket))
    }

    /// The number of a file that was removed is free for the next one.
    @Test func `one that has drained leaves the socket of its successor alone, whatever number that has`()
      async throws
    {
      try await withDaemon("slots: {concurrency: 1}") { daemon in
        let worker = try await daemon.connect()
        let permit = try #require(try await worker.call(line: "ACQUIRE m").permit)
        let kept = daemon.socket + ".kept"
        #expect(link(daemon.socket, kept) == 0)
        daemon.daemon.drain()
        try await eventually("its file is removed") { !FileManager.default.fileExists(atPath: daemon.socket) }
        try FileManager.default.moveItem(atPath: kept, toPath: daemon.socket)
        #expect(try await worker.call("CANCEL", permit) == .status("settled"))
        #expect(try await worker.reply() == nil, "it has ended")
        #expect(FileManager.default.fileExists(atPath: daemon.socket))
      }
    }

    @Test func `an IPv6 address is announced as a URL has it`() async throws {
      let program = try await ServeProgram.start(
        Self.policy, redis: try await SharedRedis.url, arguments: ["--listen", "[::1]:0", "--http", "[::1]:0"])
      #expect(program.log.contains(#/and at \[::1\]:[0-9]+\n/#), "\(program.log)")
      #expect(program.log.contains(#/at http://\[::1\]:[0-9]+\n/#), "\(program.log)")
      program.process.signal(SIGTERM)
      #expect(try await program.end() == .exit(0), "\(program.log)")
    }

    @Test func `a folder in which another limiterd works is told as such`() async throws {
      let folder = try GuardedDirectory(named: "state")
      let state = ["--state", folder.path + "/state"]
      let first = try await ServeProgram.start(Self.policy, arguments: state)
      let second = try await ServeProgram.run(Self.policy, redis: nil, arguments: state)
      #expect(second.end == .exit(1))
      #expect(second.log.contains("another redis-server works in \(folder.path)/state/redis already"), "\(second.log)")
      #expect(second.log.contains("choose another folder with --state"), "\(second.log)")
      #expect(!second.log.contains("nstall"), "\(second.log)")
      #expect(try await first.connect().call(line: "PEEK m")["admitted"] == .integer(1))
      first.process.signal(SIGTERM)
      #expect(try await first.end() == .exit(0), "\(first.log)")
    }

    private static func sync(_ socket: String) async throws {
      _ = try await runCommand("redis-cli", ["-s", socket, "WAITAOF", "1", "0", "5000"])
    }
  }
}
