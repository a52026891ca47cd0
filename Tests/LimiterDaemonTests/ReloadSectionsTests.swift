import Foundation
import Hiredis
import PrivateRedis
import TestSupport
import Testing

extension WholeTests {
  @Suite(.serialized) struct ReloadSectionsTests {
    @Test func `sections that a reload does not put in force are named, until they are as before`() async throws {
      let notifications = try NotifySocket()
      let url = try await SharedRedis.url
      let policy = ServeProgram.policy("tokens: {tokens: 100/1h}") + "\nredis: {url: \"\(url)\"}"
      let program = try await ServeProgram.start(policy, environment: ["NOTIFY_SOCKET": notifications.path])
      let worker = try await program.connect()
      func reload(_ text: String) async throws -> String? { try await Self.reload(text, program, worker) }
      let elsewhere = policy.replacing(url, with: "redis://elsewhere:6379")
      #expect(try await Self.info("policy_restart_needed_for", worker) == "")
      #expect(
        try await reload(
          elsewhere + """

            session_ttl: 20s
            server: {drain: 3s}
            alerts: {fallbacks: off}
            """) == "session_ttl,server,redis,alerts")
      #expect(program.log.contains("what has changed there counts after a restart of limiterd"), "\(program.log)")
      #expect(program.log.contains("sections=session_ttl, server, redis, alerts"), "\(program.log)")
      #expect(try await program.ctl("status").contains("policy_restart_needed_for: session_ttl,server,redis,alerts"))
      let warnings = program.log.components(separatedBy: "counts after a restart").count
      #expect(try await reload(policy + "\nserver: {drain: 3s}") == "server")
      #expect(program.log.components(separatedBy: "counts after a restart").count == warnings + 1)
      // Limits alone are no reason, nor is what is as it was at the start.
      #expect(try await reload(policy.replacing("100/1h", with: "90/1h")) == "")
      #expect(program.log.components(separatedBy: "counts after a restart").count == warnings + 1)
      var said: [String] = []
      for index in 1...6 { said.append(try await notifications.message(index)) }
      let states = said.filter { $0.hasPrefix("READY=1") }
      #expect(
        states.count == 3
          && states[0].hasSuffix("restart limiterd for what has changed in session_ttl, server, redis, alerts"),
        "\(states)")
      #expect(states.last == "READY=1\nSTATUS=the policy was read again")
    }

    @Test func `what the command line says is not named: a restart would not put it in force, either`() async throws {
      let policy = ServeProgram.policy("tokens: {tokens: 100/1h}")
      let program = try await ServeProgram.start(
        policy, redis: try await SharedRedis.url, arguments: ["--drain", "2s"])
      let worker = try await program.connect()
      let changed = policy + "\nserver: {drain: 3s}\nredis: {url: \"redis://elsewhere:6379\"}"
      #expect(try await Self.reload(changed, program, worker) == "")
      #expect(!program.log.contains("counts after a restart"), "\(program.log)")
      // What it leaves to the file is.
      let other = changed.replacing("drain: 3s", with: "drain: 3s, max_connections: 9")
      #expect(try await Self.reload(other, program, worker) == "server")
    }

    /// Writes the policy, waits until it was read, and tells what needs a restart.
    /// As a mounted ConfigMap changes: the file is a link to a link, and that one is exchanged.
    @Test func `a policy behind links is read again when another one stands behind them`() async throws {
      let policy = ServeProgram.policy("tokens: {tokens: 100/1h}")
      let program = try await ServeProgram.start(policy, redis: try await SharedRedis.url)
      let worker = try await program.connect()
      let folder = program.folder.path
      func link(_ path: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: path + ".new", withDestinationPath: target)
        #expect(rename(path + ".new", path) == 0)
      }
      for (version, amount) in [("a", "90"), ("b", "80")] {
        try FileManager.default.createDirectory(atPath: "\(folder)/\(version)", withIntermediateDirectories: false)
        try policy.replacing("100/1h", with: "\(amount)/1h").write(
          toFile: "\(folder)/\(version)/policy.yaml", atomically: true, encoding: .utf8)
        try link(folder + "/data", to: version)
        if version == "a" { try link(program.config, to: "data/policy.yaml") }
        try await eventually("version \(version) counts") {
          try await worker.call(line: "PEEK m")["limits"]?.array?.first?["allowed"]?.int == Int64(amount)
        }
      }
    }

    private static func reload(
      _ text: String, _ program: ServeProgram, _ worker: WorkerClient
    ) async throws -> String? {
      let before = try await info("policy_reloads", worker)
      try text.write(toFile: program.config, atomically: true, encoding: .utf8)
      try await eventually("it is read again") { try await info("policy_reloads", worker) != before }
      return try await info("policy_restart_needed_for", worker)
    }

    private static func info(_ key: String, _ worker: WorkerClient) async throws -> String? {
      let lines = try await worker.call("INFO", "policy").string?.split(separator: "\r\n") ?? []
      return lines.first { $0.hasPrefix("\(key):") }.map { String($0.dropFirst(key.count + 1)) }
    }
  }
}
