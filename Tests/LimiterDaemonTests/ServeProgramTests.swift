import Foundation
import Hiredis
import PrivateRedis
import TestSupport
import Testing

extension WholeTests {
  /// The program itself: signals, its own Redis, its configuration.
  @Suite(.serialized) struct ServeProgramTests {
    @Test func `SIGTERM drains: who waits is denied, who holds may settle, and then it ends`() async throws {
      let program = try await ServeProgram.start(
        ServeProgram.policy("slots: {concurrency: 1}"), redis: try await SharedRedis.url)
      let (holder, waiter) = (try await program.connect(), try await program.connect())
      let permit = try #require(try await holder.call(line: "ACQUIRE m").permit)
      waiter.send("ACQUIRE", "m", "WAIT", "60000")
      try await eventually("it waits") { try await holder.call("QUEUE").array?.count == 1 }
      program.process.signal(SIGTERM)
      #expect(try await waiter.reply()?.reason == "draining")
      #expect(try await waiter.call(line: "ACQUIRE m").reason == "draining")
      #expect(!FileManager.default.fileExists(atPath: program.socket))
      #expect(program.process.isRunning)
      #expect(try await holder.call("SETTLE", permit) == .status("settled"))
      #expect(try await program.end(within: .seconds(8)) == .exit(0), "\(program.log)")
      #expect(try await holder.reply() == nil)
    }

    @Test func `a drain ends in time, and a second signal ends it at once`() async throws {
      let redis = try await SharedRedis.url
      let policy = ServeProgram.policy("slots: {concurrency: 1}")
      let first = try await ServeProgram.start(policy, redis: redis, arguments: ["--drain", "1"])
      let holder = try await first.connect()
      #expect(try await holder.call(line: "ACQUIRE m").isGranted)
      first.process.signal(SIGTERM)
      #expect(try await first.end(within: .seconds(10)) == .exit(0))
      // Its permits ended with it.
      let second = try await ServeProgram.start(policy, redis: redis, arguments: ["--drain", "600"])
      let other = try await second.connect()
      #expect(try await other.call(line: "ACQUIRE m").isGranted)
      second.process.signal(SIGINT)
      try await eventually("it drains") { second.log.contains("draining") }
      second.process.signal(SIGINT)
      #expect(try await second.end(within: .seconds(10)) == .exit(0))
    }

    @Test func `it brings a Redis of its own, and starts it again when it dies`() async throws {
      let program = try await ServeProgram.start(ServeProgram.policy("tokens: {tokens: 100/1h}"))
      #expect(program.log.contains("redis-cli -s \(program.folder.path)/state/redis/redis.sock"))
      let worker = try await program.connect()
      #expect(try await worker.call(line: "ACQUIRE m TOKENS 60").isGranted)
      let redis = try #require(
        try await runCommand("redis-cli", ["-s", program.folder.path + "/state/redis/redis.sock", "INFO", "server"])
          .split(separator: "\r\n").first { $0.hasPrefix("process_id:") }?.dropFirst(11))
      kill(try #require(Int32(redis)), SIGKILL)
      // Nothing is lost, and calls go on.
      #expect(try await worker.call(line: "ACQUIRE m TOKENS 60 WAIT 20000").reason == "window")
      #expect(try await worker.call(line: "ACQUIRE m TOKENS 40 WAIT 20000").isGranted)
      #expect(program.log.contains("is started again"))
      program.process.signal(SIGTERM)
      worker.send("QUIT")
      #expect(try await program.end() == .exit(0))
      try await eventually("its Redis has ended, too") { kill(Int32(redis) ?? 0, 0) != 0 }
    }

    @Test func `SIGHUP and a changed file reload the policy, and a broken one is refused with all its mistakes`()
      async throws
    {
      let domain = uniqueDomain("reload")
      let notifications = try NotifySocket()
      let program = try await ServeProgram.start(
        ServeProgram.policy("tokens: {tokens: 100/1h}", domain: domain), redis: try await SharedRedis.url,
        environment: ["NOTIFY_SOCKET": notifications.path])
      #expect(try await notifications.message(0) == "READY=1\nSTATUS=listening at \(program.socket)")
      let worker = try await program.connect()
      func allowed() async throws -> Int64? { try await worker.call("LIMITS").array?.first?["allowed"]?.int }
      try ServeProgram.policy("tokens: {tokens: 70/1h}", domain: domain)
        .write(toFile: program.config, atomically: true, encoding: .utf8)
      program.process.signal(SIGHUP)
      try await eventually("the new policy is in force") { try await allowed() == 70 }
      #expect(try await notifications.message(1).hasPrefix("RELOADING=1\nMONOTONIC_USEC="))
      #expect(try await notifications.message(2) == "READY=1\nSTATUS=the policy was read again")
      try ServeProgram.policy("tokens: {tokens: many}\n  slots: {concurrency: 0}", domain: domain)
        .write(toFile: program.config, atomically: true, encoding: .utf8)
      // Without a signal: the file has changed.
      try await eventually("it is refused") { program.log.contains("the policy was refused, the old one stays") }
      #expect(
        try await notifications.message(4) == "READY=1\nSTATUS=the policy was refused, the old one stays: see the log")
      #expect(program.log.contains("limits.tokens.tokens"))
      #expect(program.log.contains("limits.slots.concurrency"))
      #expect(try await allowed() == 70)
      try ServeProgram.policy("tokens: {tokens: 90/1h}", domain: domain)
        .write(toFile: program.config, atomically: true, encoding: .utf8)
      try await eventually("it is read again") { try await allowed() == 90 }
      program.process.signal(SIGTERM)
      #expect(try await program.end() == .exit(0))
    }

    @Test func `what cannot work is told, with the status 1`() async throws {
      let running = try await ServeProgram.start(
        ServeProgram.policy("slots: {concurrency: 1}"), redis: try await SharedRedis.url)
      let second = try await ServeProgram.run(
        ServeProgram.policy("slots: {concurrency: 1}"), arguments: ["--socket", running.socket])
      #expect(second.end == .exit(1))
      #expect(second.log.contains("another process listens at"), "\(second.log)")
      #expect(try await running.connect().call("PING") == .status("PONG"))
      let broken = try await ServeProgram.run("domain: d\nmodel: {}\n", arguments: [])
      #expect(broken.end == .exit(1))
      #expect(broken.log.contains("did you mean `models`?"), "\(broken.log)")
      let open = try await ServeProgram.run(
        ServeProgram.policy("slots: {concurrency: 1}"), arguments: ["--listen", "0.0.0.0:0"])
      #expect(open.end == .exit(1))
      #expect(open.log.contains("expected a password"), "\(open.log)")
      let usage = try await ServeProgram.run(
        ServeProgram.policy("slots: {concurrency: 1}"), arguments: ["--drain", "x"])
      #expect(usage.end == .exit(64))
    }

    @Test func `the socket of a killed daemon is no obstacle, and no one else's file is removed`() async throws {
      let redis = try await SharedRedis.url
      let policy = ServeProgram.policy("slots: {concurrency: 1}")
      let first = try await ServeProgram.start(policy, redis: redis)
      let mode = try FileManager.default.attributesOfItem(atPath: first.socket)[.posixPermissions] as? Int
      #expect(mode == 0o660)
      first.process.signal(SIGKILL)
      _ = try await first.end()
      let second = try await ServeProgram.start(policy, redis: redis, arguments: ["--socket", first.socket])
      #expect(try await first.connect().call("PING") == .status("PONG"))
      second.process.signal(SIGTERM)
      #expect(try await second.end() == .exit(0))
      try "mine".write(toFile: first.folder.path + "/file", atomically: true, encoding: .utf8)
      let third = try await ServeProgram.run(policy, arguments: ["--socket", first.folder.path + "/file"])
      #expect(third.end == .exit(1))
      #expect(third.log.contains("something else is there"), "\(third.log)")
    }
  }
}
