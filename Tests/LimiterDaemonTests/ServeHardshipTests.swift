import Foundation
import Hiredis
import PrivateRedis
import TestSupport
import Testing

extension WholeTests {
  /// What stands around limiterd, and does not do what it should.
  @Suite(.serialized) struct ServeHardshipTests {
    static var policy: String { ServeProgram.policy("slots: {concurrency: 1}") }

    @Test(arguments: ["2>/dev/full", "2>&-"])
    func `a standard error that takes nothing is no reason to end`(_ redirection: String) async throws {
      let folder = try GuardedDirectory(named: "mute")
      let (config, socket) = (folder.path + "/policy.yaml", folder.path + "/d.sock")
      try Self.policy.write(toFile: config, atomically: true, encoding: .utf8)
      let serving = try ChildProcess(
        executable: "/bin/sh",
        arguments: ["-c", "exec \"$0\" \"$@\" \(redirection)", ServeProgram.executable, "serve", "--config", config]
          + ["--socket", socket, "--redis", try await SharedRedis.url])
      defer { serving.signal(SIGKILL) }
      var worker: WorkerClient?
      try await eventually("it listens") {
        guard serving.isRunning else { throw CommandFailed(description: "it has ended: \(redirection)") }
        worker = try? await WorkerClient.connect(socket)
        return worker != nil
      }
      #expect(try await worker?.call(line: "ACQUIRE m WAIT 20000").isGranted == true)
      #expect(try await worker?.call("PING") == .status("PONG"))
      await worker?.close()
      serving.signal(SIGTERM)
      #expect(await serving.end(within: .seconds(20)) == .exit(0))
    }

    /// Redis falls silent, which is logged where calls are decided.
    @Test func `a log that nobody reads holds up neither answers nor the end`() async throws {
      let folder = try GuardedDirectory(named: "unread")
      let (config, socket, pipe) = (folder.path + "/policy.yaml", folder.path + "/d.sock", folder.path + "/log")
      try Self.policy.write(toFile: config, atomically: true, encoding: .utf8)
      #expect(mkfifo(pipe, 0o600) == 0)
      let log = open(pipe, O_RDWR | O_NONBLOCK | O_CLOEXEC)
      defer { close(log) }
      let redis = try await PrivateRedisServer.start()
      let serving = try ChildProcess(
        executable: "/bin/sh",
        arguments: ["-c", "exec \"$0\" \"$@\" 2>\(pipe)", ServeProgram.executable, "serve", "--config", config]
          + ["--socket", socket, "--redis", redis.url])
      defer { serving.signal(SIGKILL) }
      var connected: WorkerClient?
      try await eventually("it listens") {
        guard serving.isRunning else { throw CommandFailed(description: "it has ended") }
        connected = try? await WorkerClient.connect(socket)
        return connected != nil
      }
      let worker = try #require(connected)
      let permit = try #require(try await worker.call(line: "ACQUIRE m WAIT 20000").permit)
      let filling = [UInt8](repeating: UInt8(ascii: "-"), count: 4_096)
      for size in [filling.count, 1] { while write(log, filling, size) > 0 {} }
      try redis.pause()
      #expect(try await worker.call(line: "ACQUIRE m WAIT 0").isGranted == false)
      #expect(try await worker.call("PING") == .status("PONG"))
      try redis.resume()
      #expect(try await worker.call("SETTLE", permit).errorMessage == nil)
      await worker.close()
      serving.signal(SIGTERM)
      #expect(await serving.end(within: .seconds(20)) == .exit(0))
      await redis.stop()
    }

    /// Small calls wait behind large ones; when the large ones leave, they fit.
    @Test func `a session that is taken over while calls wait and Redis is silent has what is granted then`()
      async throws
    {
      let redis = try await PrivateRedisServer.start()
      let program = try await ServeProgram.start(ServeProgram.policy("tokens: {tokens: 1000/2s}"), redis: redis.url)
      let (holder, taker) = (try await program.connect(), try await program.connect())
      _ = try await holder.call(line: "SESSION named GRACE 60000")
      #expect(try await holder.call(line: "ACQUIRE m TOKENS 1 WAIT 20000").isGranted)
      try redis.pause()
      _ = try await holder.call(line: "ACQUIRE m TOKENS 1 WAIT 100")
      // The window is empty then.
      try await Task.sleep(for: .milliseconds(2_600))
      _ = try await holder.call(line: "ACQUIRE m TOKENS 300")
      try await Task.sleep(for: .seconds(1))
      _ = try await holder.call(line: "ACQUIRE m TOKENS 700")
      let large = (1...35).map { ["TAG", "\($0)", "ACQUIRE", "m", "TOKENS", "900", "WAIT", "100000"] }
      let small = (36...42).map { ["TAG", "\($0)", "ACQUIRE", "m", "TOKENS", "40", "WAIT", "100000"] }
      taker.send(large + small)
      try await Task.sleep(for: .milliseconds(1_750))
      taker.send("SESSION", "named")
      for _ in 0...42 { #expect(try await taker.reply() != nil) }
      let permits = try await taker.call("PERMITS").array
      print("granted when its session was taken over: \(permits?.count ?? -1) permits")
      try redis.resume()
      for permit in permits ?? [] {
        let id = try #require(permit["permit"]?.string)
        #expect(try await taker.call("CANCEL", id).errorMessage == nil)
      }
      #expect(program.process.isRunning, "\(program.log)")
      program.process.signal(SIGTERM)
      await taker.close()
      #expect(try await program.end(within: .seconds(20)) == .exit(0), "\(program.log)")
      await redis.stop()
    }

    @Test func `a policy that has become a pipe is refused, and signals are heard`() async throws {
      let program = try await ServeProgram.start(Self.policy, redis: try await SharedRedis.url)
      let pipe = program.folder.path + "/pipe"
      #expect(mkfifo(pipe, 0o600) == 0)
      #expect(rename(pipe, program.config) == 0)
      program.process.signal(SIGHUP)
      try await eventually("it is refused") { program.log.contains("a pipe or a device") }
      #expect(try await program.connect().call("PING") == .status("PONG"))
      program.process.signal(SIGTERM)
      #expect(try await program.end(within: .seconds(20)) == .exit(0), "\(program.log)")
    }

    @Test func `a systemd that reads nothing holds up neither the start nor the end`() async throws {
      let notifications = try NotifySocket(reads: false)
      notifications.fill()
      let program = try await ServeProgram.start(
        Self.policy, redis: try await SharedRedis.url, environment: ["NOTIFY_SOCKET": notifications.path])
      program.process.signal(SIGHUP)
      try await eventually("it is read again") { program.log.contains("the policy was read again") }
      program.process.signal(SIGTERM)
      #expect(try await program.end(within: .seconds(20)) == .exit(0), "\(program.log)")
    }

    /// Of its own Redis, whose folder is not free yet.
    @Test func `while it starts, SIGHUP does nothing and SIGTERM ends it well`() async throws {
      let folder = try GuardedDirectory(named: "starting")
      let (config, lock) = (folder.path + "/policy.yaml", folder.path + "/state/redis/owner.lock")
      try Self.policy.write(toFile: config, atomically: true, encoding: .utf8)
      try FileManager.default.createDirectory(
        atPath: folder.path + "/state/redis", withIntermediateDirectories: true)
      let descriptor = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
      defer { close(descriptor) }
      #expect(flock(descriptor, LOCK_EX) == 0)
      let starting = try ChildProcess(
        executable: ServeProgram.executable,
        arguments: ["serve", "--config", config, "--state", folder.path + "/state"]
          + ["--socket", folder.path + "/d.sock"],
        output: folder.path + "/log")
      defer { starting.signal(SIGKILL) }
      let log = { (try? String(contentsOfFile: folder.path + "/log", encoding: .utf8)) ?? "" }
      try await eventually("it waits for the folder") {
        guard starting.isRunning else { throw CommandFailed(description: log()) }
        let files = "/proc/\(starting.pid)/fd"
        return try FileManager.default.contentsOfDirectory(atPath: files).contains {
          (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(files)/\($0)")) == lock
        }
      }
      starting.signal(SIGHUP)
      starting.signal(SIGTERM)
      #expect(await starting.end(within: .seconds(20)) == .exit(0), "\(log())")
      #expect(!log().contains("listens at"))
    }

    @Test func `a settlement that waits when the drain ends is for the next limiterd`() async throws {
      let redis = try await PrivateRedisServer.start()
      let program = try await ServeProgram.start(Self.policy, redis: redis.url, arguments: ["--drain", "1"])
      let worker = try await program.connect()
      let permit = try #require(try await worker.call(line: "ACQUIRE m WAIT 20000").permit)
      try redis.pause()
      worker.send("SETTLE", permit)
      program.process.signal(SIGTERM)
      let answer = try await worker.reply()?.errorMessage
      #expect(
        answer
          == "DRAINING this limiterd has ended; what was not confirmed may have been done: send it to the next one")
      #expect(try await program.end(within: .seconds(20)) == .exit(0), "\(program.log)")
      try redis.resume()
      await redis.stop()
    }

    @Test func `where nothing else says it, the socket is in the state folder that the command line names`()
      async throws
    {
      let folder = try GuardedDirectory(named: "state")
      let config = folder.path + "/policy.yaml"
      try Self.policy.write(toFile: config, atomically: true, encoding: .utf8)
      let serving = try ChildProcess(
        executable: ServeProgram.executable, arguments: ["serve", "--config", config, "--state", folder.path + "/s/"],
        environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"],
        output: folder.path + "/log")
      defer { serving.signal(SIGKILL) }
      try await eventually("it listens there") {
        let log = (try? String(contentsOfFile: folder.path + "/log", encoding: .utf8)) ?? ""
        guard serving.isRunning else { throw CommandFailed(description: log) }
        return log.contains("limiterd listens at \(folder.path)/s/limiterd.sock\n")
      }
      serving.signal(SIGTERM)
      #expect(await serving.end(within: .seconds(20)) == .exit(0))
    }

    @Test func `which file of TLS cannot be used is said`() async throws {
      let certificates = try await TestCertificates.shared
      let (certificate, key) = (certificates.serverCertificateFile, certificates.serverKeyFile)
      for (certificate, key, told) in [
        ("/nowhere.pem", key, "server.tls.certificate: expected a certificate"),
        (certificate, "/nowhere.key", "server.tls.key: expected a private key"),
        (certificate, certificates.clientKeyFile, "server.tls.key: expected the key that fits \(certificate)"),
      ] {
        let policy =
          Self.policy + "\nserver: {listen: \"127.0.0.1:0\", tls: {certificate: \"\(certificate)\", key: \"\(key)\"}}"
        let failed = try await ServeProgram.run(policy, redis: try await SharedRedis.url, arguments: [])
        #expect(failed.end == .exit(1) && failed.log.contains(told), "\(failed.log)")
      }
    }
  }
}
