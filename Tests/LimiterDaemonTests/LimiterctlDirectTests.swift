import Foundation
import Hiredis
import PrivateRedis
import TestSupport
import Testing

extension WholeTests {
  /// `limiterctl --config`, straight against Redis: it gets there as limiterd does, and says the same.
  @Suite(.serialized) struct LimiterctlDirectTests {
    @Test func `a Redis with a password on a Unix socket is asked with the one of the policy's file`() async throws {
      let folder = try GuardedDirectory(named: "secret")
      try "a-password\nnot this".write(toFile: folder.path + "/password", atomically: true, encoding: .utf8)
      try await withRedis(PrivateRedisConfiguration(password: "a-password")) { redis in
        let url = "unix://\(redis.socketPath)"
        func policy(_ file: String) -> String {
          LimiterctlTests.policy + "\nredis: {url: \"\(url)\", password_file: \(file)}"
        }
        let program = try await ServeProgram.start(policy(folder.path + "/password"))
        let config = ["--config", program.config]
        let run = ["--run", "r"]
        for words in [
          ["budget", "adjust", "run:r", "5000", "--why", "a test"] + run, ["budget", "show"] + run, ["limits", "m"],
          ["status"], ["top", "--looks", "1"], ["explain", "m"], ["permits"], ["queue"], ["cooldowns"], ["runs"],
        ] {
          let (end, said) = try await Limiterctl.run(words + config)
          #expect(end == .exit(0), "\(words): \(said)")
        }
        #expect(try await program.ctl("runs").contains("0.000005 USD"), "limiterd and limiterctl have one Redis")

        let other = folder.path + "/other.yaml"
        try policy("/nowhere/password").write(toFile: other, atomically: true, encoding: .utf8)
        let (end, said) = try await Limiterctl.run(["limits", "m", "--config", other])
        #expect(end == .exit(1) && said.contains("redis.password_file: expected a readable file"), "\(said)")
        // The command line goes before the file, with all that the file says of it.
        let named = ["--config", other, "--redis", redis.socketURL]
        #expect(try await Limiterctl.run(["limits", "m"] + named).0 == .exit(0))
        let (refused, why) = try await Limiterctl.run(["limits", "m"] + config + ["--redis", url])
        #expect(refused == .exit(1) && why.contains("NOAUTH"), "\(why)")
      }
    }

    @Test func `a user of Redis whose password stands in the environment`() async throws {
      let lines = [AccessControl.noDefaultUser, "user worker on >a-password ~* &* +@all"]
      try await withRedis(PrivateRedisConfiguration(accessControl: lines)) { redis in
        let folder = try GuardedDirectory(named: "secret")
        let section = "redis: {url: \"unix://\(redis.socketPath)\", user: worker, password_env: LIMITERD_TESTS_SECRET}"
        try (LimiterctlTests.policy + "\n" + section)
          .write(toFile: folder.path + "/policy.yaml", atomically: true, encoding: .utf8)
        let words = ["budget", "show", "--run", "r", "--config", folder.path + "/policy.yaml"]
        let (end, said) = try await Limiterctl.run(words, environment: ["LIMITERD_TESTS_SECRET": "a-password"])
        #expect(end == .exit(0) && said.contains("run:r"), "\(said)")
        let (missing, why) = try await Limiterctl.run(words)
        #expect(missing == .exit(1) && why.contains("environment variable LIMITERD_TESTS_SECRET"), "\(why)")
      }
    }

    @Test func `a call that waits for two limits is one call`() async throws {
      try await withServe("slots: {concurrency: 1}\n  more: {concurrency: 1}") { program, direct in
        let (holder, first, second) = (
          try await program.connect(), try await program.connect(), try await program.connect()
        )
        #expect(try await holder.call("ACQUIRE", "m").isGranted)
        for waiter in [first, second] { waiter.send("ACQUIRE", "m", "WAIT", "60000") }
        try await eventually("both wait for both limits") {
          let crowds = try await program.json(["queue"] + direct) as? [[String: Any]] ?? []
          return crowds.map { crowd in
            (crowd["waiters"] as? [[String: Any]] ?? []).reduce(0) { $0 + 1 + ($1["behind"] as? [Any] ?? []).count }
          } == [2, 2]
        }
        #expect(try await program.ctl(["status"] + direct).contains("2 calls wait"))
        #expect((try await program.json(["status"] + direct) as? [String: Any])?["waiting"] as? Int == 2)
        #expect(try await program.ctl(["top", "--looks", "1"] + direct).contains("waiting:2"))
      }
    }

    @Test func `units, amounts and times are those that limiterd tells`() async throws {
      try await withServe(
        "slots: {concurrency: 5}\n  run: {per: run, budget: 1.00 USD}\n  window: {requests: 1/1h}"
      ) { program, direct in
        let worker = try await program.connect()
        #expect(try await worker.call(line: "ACQUIRE m RUN r COST 250000000").isGranted)
        let limits = try await program.ctl(["limits", "m", "--run", "r"] + direct)
        #expect(limits.contains(#/run:r +0\.25 USD +1\.00 USD +0\.75 USD +nanodollars/#), "\(limits)")
        #expect(limits.contains(#/slots +1 +5 +4 +slots/#), "\(limits)")
        let table = try await program.ctl(["top", "--looks", "1"] + direct)
        #expect(table.contains(#/slots +1 +5 +4 +slots/#), "\(table)")
        for words in [["limits", "m", "--run", "r"], ["top", "--looks", "1"]] {
          let told = try #require(try await program.json(words + direct) as? [[String: Any]])
          let units = Dictionary(told.map { ($0["limit"] as? String ?? "", $0["unit"] as? String) }) { $1 }
          #expect(units["slots"] == "slots" && units["window"] == "requests", "\(units)")
          if words.contains("r") { #expect(units["run:r"] == "nanodollars", "\(units)") }
        }
        var held: [[String]] = []
        for words in [["permits"], ["permits"] + direct] {
          let permit = try #require((try await program.json(words) as? [[String: Any]])?.first)
          let pairs = try #require(permit["limits"] as? [[Any]])
          #expect(pairs.allSatisfy { $0[1] is Int }, "\(pairs)")
          held.append(pairs.map { "\($0[0]) \($0[1])" }.sorted())
        }
        #expect(held[0] == held[1] && held[0].contains("run:r 250000000"), "\(held)")
        // That the time is a whole number of seconds three times would be a rare chance.
        var times: [Int] = []
        for _ in 1...3 {
          let told = try await program.json(["explain", "m"] + direct) as? [String: Any]
          let limit = (told?["limits"] as? [[String: Any]] ?? []).first { $0["limit"] as? String == "window" }
          times.append(try #require(limit?["room_after_ms"] as? Int))
        }
        #expect(times.allSatisfy { (1...3_600_000).contains($0) } && times.contains { $0 % 1_000 != 0 }, "\(times)")
      }
    }

    @Test func `a call's attributes and a host's name are asked for in both ways`() async throws {
      try await withServe("plan: {per: attribute.plan, concurrency: 1}") { program, direct in
        let worker = try await program.connect()
        let permit = try #require(try await worker.call(line: "ACQUIRE m ATTR plan pro").permit)
        for route in [[], direct] {
          let full = try await program.ctl(["explain", "m", "--attribute", "plan=pro"] + route)
          #expect(full.contains("plan:pro") && full.contains("It would "), "\(full)")
          #expect(!full.contains("admitted now"), "\(full)")
          let free = try await program.ctl(["explain", "m", "--attribute", "plan=a=b"] + route)
          #expect(free.contains("It would be admitted now."), "\(free)")
          for wrong in [["plan"], ["=pro"], ["plan=a", "--attribute", "plan=b"]] {
            let (end, said) = try await program.tryCtl(["explain", "m", "--attribute"] + wrong + route)
            #expect(end == .exit(64) && said.contains("--attribute: expected"), "\(wrong): \(said)")
          }
        }
        #expect(try await program.ctl(["limits", "m", "--attribute", "plan=pro"] + direct).contains("plan:pro"))
        let (end, said) = try await program.tryCtl(["limits", "m", "--attribute", "plan=pro"])
        #expect(end == .exit(64) && said.contains("with --config only"), "\(said)")
        #expect(try await program.ctl(["permits", "limiterd"] + direct).contains(permit))
        #expect(try await program.ctl(["permits", "somebody"] + direct).contains("Nothing is held."))
      }
    }

    @Test func `who is to be asked is said once`() async throws {
      try await withServe("slots: {concurrency: 1}") { program, direct in
        for words in [
          ["status"], ["runs"], ["queue"], ["limits", "m"], ["explain", "m"], ["permits"], ["cooldowns"],
          ["cooldowns", "clear", "m"], ["top", "--looks", "1"], ["complete", "hello"],
        ] {
          let (end, said) = try await program.tryCtl(words + direct + ["--socket", program.socket])
          #expect(end == .exit(64) && said.contains("expected --socket, or --config and --redis"), "\(words): \(said)")
        }
      }
    }

    @Test func `a model that the policy does not have has no queue, however it is asked for`() async throws {
      try await withServe("slots: {concurrency: 1}") { program, direct in
        for words in [["queue", "nope"], ["queue", "nope", "--hosts"], ["queue", "nope"] + direct] {
          let (end, said) = try await program.tryCtl(words)
          #expect(end == .exit(1) && said.contains("no model `nope`"), "\(words): \(end) \(said)")
        }
        for words in [["queue", "m", "--hosts"], ["queue", "m"] + direct] {
          #expect(try await program.ctl(words).contains("Nobody waits."), "\(words)")
        }
      }
    }

    @Test(arguments: ["window:w:sum", "budget:b:all", "budget:b:all:held", "slots:s"])
    func `a counter that is no number is told by its key`(_ name: String) async throws {
      try await withServe("w: {tokens: 100/1h}\n  b: {budget: 1.00 USD}\n  s: {concurrency: 5}") { program, direct in
        let worker = try await program.connect()
        #expect(try await worker.call(line: "ACQUIRE m INPUT 1").isGranted)
        let key = "lim:{\(program.domain)}:\(name)"
        let change = name.hasPrefix("slots") ? ["HSET", key, "total", "abc"] : ["SET", key, "abc", "KEEPTTL"]
        try await runCommand("redis-cli", ["-s", try await SharedRedis.server.socketPath] + change)
        let all = [["limits", "m"], ["explain", "m"], ["limits", "m"] + direct, ["explain", "m"] + direct]
        for words in all + [["budget", "show"] + direct] {
          let (end, said) = try await program.tryCtl(words)
          #expect(end == .exit(1), "\(words): \(end) \(said)")
          #expect(said.contains("a counter is not a whole number: \(key)"), "\(words): \(said)")
        }
      }
    }

    /// A limiterd, and the words that ask its Redis itself.
    private func withServe(_ limits: String, _ body: (ServeProgram, [String]) async throws -> Void) async throws {
      let policy = ServeProgram.policy(limits).replacing(
        "settle: actual", with: #"settle: actual, price: {input: "1", output: "1"}"#)
      let url = try await SharedRedis.url
      let program = try await ServeProgram.start(policy, redis: url)
      try await body(program, ["--config", program.config, "--redis", url])
    }
  }
}

extension ServeProgram {
  fileprivate var domain: String {
    let text = (try? String(contentsOfFile: config, encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("domain: ") }
    return String(line?.dropFirst("domain: ".count) ?? "")
  }
}
