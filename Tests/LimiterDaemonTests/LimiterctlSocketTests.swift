import Foundation
import PrivateRedis
import TestSupport
import Testing

extension WholeTests {
  /// How `limiterctl` finds limiterd, and what it says when there is none.
  @Suite(.serialized) struct LimiterctlSocketTests {
    @Test(arguments: [
      ["HOME"], ["HOME", "XDG_STATE_HOME"], ["HOME", "XDG_RUNTIME_DIR"], ["HOME", "LIMITERD_SOCKET"],
    ])
    func `when nobody says where, limiterd listens where limiterctl asks`(_ names: [String]) async throws {
      let folder = try GuardedDirectory(named: "home")
      let places = [
        "HOME": folder.path, "XDG_STATE_HOME": folder.path + "/state", "XDG_RUNTIME_DIR": folder.path + "/run",
        "LIMITERD_SOCKET": folder.path + "/own.sock",
      ]
      let expected = [
        "HOME": "/.local/state/limiterd/limiterd.sock", "XDG_STATE_HOME": "/state/limiterd/limiterd.sock",
        "XDG_RUNTIME_DIR": "/run/limiterd.sock", "LIMITERD_SOCKET": "/own.sock",
      ]
      let socket = folder.path + (expected[names.last ?? ""] ?? "")
      let environment = names.map { "\($0)=\(places[$0] ?? "")" }
      let unset = ["RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR", "STATE_DIRECTORY", "XDG_STATE_HOME", "LIMITERD_SOCKET"]
      let env = unset.flatMap { ["-u", $0] } + environment
      let serving = try ChildProcess(
        executable: "/usr/bin/env", arguments: env + [ServeProgram.executable, "serve"], output: folder.path + "/log")
      defer { serving.signal(SIGKILL) }
      let log = { (try? String(contentsOfFile: folder.path + "/log", encoding: .utf8)) ?? "" }
      try await eventually("it listens") {
        guard serving.isRunning else { throw CommandFailed(description: log()) }
        return log().contains("limiterd listens at \(socket)\n")
      }
      // Its own Redis keeps its data below the home, too.
      let state = names.contains("XDG_STATE_HOME") ? "/state/limiterd" : "/.local/state/limiterd"
      #expect(FileManager.default.fileExists(atPath: folder.path + state + "/redis/redis.conf"))
      let asking = try ChildProcess(
        executable: "/usr/bin/env", arguments: env + [Limiterctl.executable, "status"],
        output: folder.path + "/status")
      #expect(await asking.end() == .exit(0))
      let status = try String(contentsOfFile: folder.path + "/status", encoding: .utf8)
      #expect(status.contains("process_id: \(serving.pid)"), "\(status)")
      serving.signal(SIGTERM)
      #expect(await serving.end() == .exit(0), "\(log())")
    }

    /// It is not tried again for seconds: a person waits.
    @Test(arguments: [["limits"], ["status", "--json"], ["top"], ["drain"], ["complete", "hello"]])
    func `a limiterd that is not there is told at once, with what to do`(_ words: [String]) async throws {
      let program = try await ServeProgram.start(LimiterctlTests.policy, redis: try await SharedRedis.url)
      program.process.signal(SIGKILL)
      _ = try await program.end()
      for (socket, why) in [
        (program.folder.path + "/none.sock", "there is no such socket"), (program.socket, "its process has ended"),
        (program.config, "that is no socket"), (program.folder.path, "that is no socket"),
      ] {
        let (end, said) = try await within(.seconds(4), "the answer of \(words)") {
          try await Limiterctl.run(words + ["--socket", socket])
        }
        #expect(end == .exit(1), "\(words): \(said)")
        #expect(said.contains("limiterd does not answer at \(socket): \(why)"), "\(said)")
        #expect(said.contains("limiterd serve --config FILE") && said.contains("--socket"), "\(said)")
      }
    }

    @Test(arguments: ["drain", "status"])
    func `a redis-server is taken for no limiterd, and lives`(_ command: String) async throws {
      let redis = try await PrivateRedisServer.start()
      let (end, said) = try await Limiterctl.run([command, "--socket", redis.socketPath])
      #expect(end == .exit(1) && said.contains("is no limiterd's socket"), "\(said)")
      // It answers still.
      let (_, again) = try await Limiterctl.run(["status", "--socket", redis.socketPath])
      #expect(again == said)
      await redis.stop()
    }

    @Test func `a limiterd without its Redis is not told as one that is not there`() async throws {
      let redis = try await PrivateRedisServer.start()
      let program = try await ServeProgram.start(LimiterctlTests.policy, redis: redis.url)
      try await eventually("it is connected") { try await program.ctl("status").contains("redis_state: connected") }
      await redis.stop()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for words in [["limits"], ["explain", "m"], ["runs"], ["cooldowns"], ["cooldowns", "clear", "m"]] {
          group.addTask {
            let (end, said) = try await program.tryCtl(words)
            #expect(end == .exit(1) && said.contains("Redis") && said.contains("UNAVAILABLE"), "\(words): \(said)")
            #expect(!said.contains("limiterd does not answer") && !said.contains("limiterd serve"), "\(words): \(said)")
          }
        }
        try await group.waitForAll()
      }
      let status = try await program.ctl("status")
      #expect(status.contains("redis_state: disconnected"), "\(status)")
    }
  }
}
