import Foundation
import PrivateRedis
import TestSupport
import Testing

@Suite struct PrivateRedisTests {
  @Test func aServerAnswersOnItsSocketAndLeavesNothingBehind() async throws {
    let server = try await PrivateRedisServer.start()
    let pid = try #require(server.pid)
    #expect(
      try String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8) == "redis-server\n", "the pid is redis-server's")
    #expect(try await cli(server, "PING") == "PONG")
    #expect(server.url == "unix://\(server.socketPath)")
    #expect(server.port == nil && server.tcpURL == nil && server.tlsURL == nil)
    let mode = try FileManager.default.attributesOfItem(atPath: server.directory)[.posixPermissions] as? Int
    #expect(mode == 0o700)
    await server.stop()
    #expect(server.pid == nil)
    #expect(!FileManager.default.fileExists(atPath: server.directory))
    #expect(!FileManager.default.fileExists(atPath: "/proc/\(pid)"))
    await server.stop()
  }

  @Test func theDefaultsKeepHistoryAndForgetNothing() async throws {
    try await withRedis { server in
      let expected = [
        "appendonly": "yes", "appendfsync": "everysec", "aof-timestamp-enabled": "yes",
        "auto-aof-rewrite-percentage": "0",
        "maxmemory-policy": "noeviction",
      ]
      for (name, value) in expected {
        let answer = try await cli(server, "CONFIG", "GET", name)
        #expect(answer == "\(name)\n\(value)")
      }
    }
  }

  @Test func theAppendOnlyFileIsPlainTextAndListedInOrder() async throws {
    try await withRedis { server in
      for number in 1...3 { _ = try await cli(server, "SET", "key", "value-\(number)") }
      try await eventually("the writes stand in the AOF") { history(server).contains("value-3") }
      let text = history(server)
      #expect(text.contains("#TS:"))
      #expect(try #require(text.range(of: "value-1")).lowerBound < #require(text.range(of: "value-2")).lowerBound)
      #expect(
        server.aofFiles.allSatisfy { $0.hasPrefix(server.directory) && FileManager.default.fileExists(atPath: $0) })
    }
  }

  @Test func killedAndRestartedItHasItsDataAndItsPort() async throws {
    try await withRedis(.init(tcp: .free)) { server in
      let port = try #require(server.port)
      let first = try #require(server.pid)
      _ = try await cli(server, "SET", "kept", "yes")
      await server.kill()
      #expect(server.pid == nil)
      #expect(FileManager.default.fileExists(atPath: server.directory))
      try await server.restart()
      #expect(server.port == port && server.pid != first)
      #expect(try await runCommand("redis-cli", ["-p", "\(port)", "GET", "kept"]) == "yes\n")
      try await server.restart()
      #expect(try await cli(server, "GET", "kept") == "yes")
    }
  }

  @Test func aPausedServerIsSilentAndAResumedOneAnswers() async throws {
    try await withRedis { server in
      let pid = try #require(server.pid)
      try server.pause()
      try await eventually("it is stopped") { state(of: pid) == "T" }
      let early = Recorder<String>()
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { early.record(try await cli(server, "PING")) }
        await #expect(throws: DidNotHappen.self) { try await early.wait(count: 1, within: .milliseconds(200)) }
        try server.resume()
        #expect(try await early.wait(count: 1) == ["PONG"])
        try await group.waitForAll()
      }
    }
  }

  @Test func aPausedServerCanBeStopped() async throws {
    let server = try await PrivateRedisServer.start()
    try server.pause()
    await server.stop()
    #expect(server.pid == nil && !FileManager.default.fileExists(atPath: server.directory))
    #expect(throws: PrivateRedisError.self) { try server.pause() }
    await #expect(throws: PrivateRedisError.self) { try await server.restart() }
  }

  @Test func aPasswordIsAskedForAndStandsInTheAddress() async throws {
    try await withRedis(.init(tcp: .free, password: "p@ss word/1")) { server in
      let port = try #require(server.port)
      #expect(server.url == "redis://:p%40ss%20word%2F1@127.0.0.1:\(port)")
      #expect(server.socketURL.hasSuffix("/redis.sock?password=p%40ss%20word%2F1"))
      #expect(try await cli(server, "PING").hasPrefix("NOAUTH"))
      #expect(try await cli(server, "--no-auth-warning", "-a", "p@ss word/1", "PING") == "PONG")
    }
  }

  @Test func usersOfAnAccessControlListAndTheirRewriting() async throws {
    let lines = [AccessControl.noDefaultUser, AccessControl.user("worker", password: "w", keys: ["lim:*"])]
    try await withRedis(.init(accessControl: lines)) { server in
      let worker = ["--no-auth-warning", "--user", "worker", "--pass"]
      #expect(try await cli(server, "PING").hasPrefix("NOAUTH"))
      #expect(try await cli(server, worker + ["w", "SET", "lim:a", "1"]) == "OK")
      #expect(try await cli(server, worker + ["w", "SET", "other", "1"]).hasPrefix("NOPERM"))
      try server.rewriteAccessControl([AccessControl.noDefaultUser, AccessControl.user("worker", password: "new")])
      #expect(try await cli(server, worker + ["w", "ACL", "LOAD"]) == "OK")
      #expect(try await cli(server, worker + ["new", "SET", "other", "1"]) == "OK")
    }
  }

  @Test func tlsWithAndWithoutAClientCertificate() async throws {
    let certificates = try await TestCertificates.shared
    try await withRedis(.init(tls: certificates.tls(clientCertificates: .required))) { server in
      let port = try #require(server.tlsPort)
      #expect(server.url == "rediss://127.0.0.1:\(port)" && server.port == nil)
      let tls = ["--tls", "-p", "\(port)", "--cacert", certificates.authorityFile]
      let client = ["--cert", certificates.clientCertificateFile, "--key", certificates.clientKeyFile]
      #expect(try await runCommand("redis-cli", tls + client + ["-h", "127.0.0.1", "PING"]) == "PONG\n")
      #expect(try await runCommand("redis-cli", tls + client + ["-h", "localhost", "PING"]) == "PONG\n")
      await #expect(throws: CommandFailed.self) { try await runCommand("redis-cli", tls + ["PING"]) }
      let other = try await TestCertificates.make()
      await #expect(throws: CommandFailed.self) {
        try await runCommand(
          "redis-cli", ["--tls", "-p", "\(port)", "--cacert", other.authorityFile] + client + ["PING"])
      }
    }
  }

  @Test func aChosenDirectoryIsKeptAndServesOneServerAtATime() async throws {
    let parent = try GuardedDirectory(named: "state")
    let configuration = PrivateRedisConfiguration(storage: .directory(parent.path + "/state/redis/"))
    try await withRedis(configuration) { server in
      #expect(server.directory == parent.path + "/state/redis")
      _ = try await cli(server, "SET", "kept", "yes")
      let refused = await #expect(throws: PrivateRedisError.self) { try await PrivateRedisServer.start(configuration) }
      #expect(refused?.code == .directoryInUse)
      #expect(try await cli(server, "GET", "kept") == "yes")
    }
    #expect(try await withRedis(configuration) { try await cli($0, "GET", "kept") } == "yes")
  }
}

/// The answer of redis-cli on the server's socket, without the last line end.
func cli(_ server: PrivateRedisServer, _ arguments: String...) async throws -> String {
  try await cli(server, arguments)
}

func cli(_ server: PrivateRedisServer, _ arguments: [String]) async throws -> String {
  try await runCommand("redis-cli", ["-s", server.socketPath] + arguments).trimmingCharacters(in: .newlines)
}

func history(_ server: PrivateRedisServer) -> String {
  server.aofFiles.map { (try? String(contentsOfFile: $0, encoding: .utf8)) ?? "" }.joined()
}

/// R, S, T (stopped), Z ...; nil if there is no such process.
func state(of pid: Int32) -> Character? {
  guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return nil }
  return text[(text.lastIndex(of: ")") ?? text.startIndex)...].dropFirst(2).first
}
