import Foundation
import Hiredis
import PrivateRedis
import TestSupport
import Testing

extension WholeTests {
  /// `limiterctl` as the person on call uses it: the program, against a limiterd.
  @Suite(.serialized) struct LimiterctlTests {
    static let limits = "slots: {concurrency: 1}\n  run: {per: run, budget: 1.00 USD}"

    @Test func `it tells the limits, who holds, who waits, and why`() async throws {
      try await withServe { program in
        let (holder, waiter) = (try await program.connect(), try await program.connect())
        _ = try await holder.call("SESSION", "holder")
        let permit = try #require(try await holder.call(line: "ACQUIRE m TOKENS 10").permit)
        waiter.send("ACQUIRE", "m", "PRIORITY", "3", "WAIT", "60000")
        try await eventually("it waits") { try await holder.call("QUEUE").array?.count == 1 }

        #expect(try await program.ctl("status").contains("permits_held: 1"))
        #expect(try await program.ctl("limits").contains(#/slots +1 +1 +0  slots/#))
        let explained = try await program.ctl("explain", "m")
        #expect(explained.contains("It would wait.") && explained.contains("holder 1"))
        #expect(try await program.ctl("permits").contains(permit))
        #expect(try await program.ctl("queue").contains(#/m +3 +/#))
        #expect(try await program.ctl("top", "--looks", "2", "--interval", "0.1").contains("waiting:1"))

        let direct = ["--config", program.config, "--redis", try await SharedRedis.url]
        for words in [["queue", "--hosts"], ["queue"] + direct] {
          try await eventually("the queue of all hosts") {
            try await program.ctl(words).contains(#/slots +1 +limiterd +s[0-9a-f]+ +m +1 +0/#)
          }
        }
        let told = try await program.ctl(["explain", "m", "--priority", "5"] + direct)
        #expect(told.contains("It would wait.") && told.contains("limiterd 1"), "\(told)")
        let held = try await program.ctl(["permits"] + direct)
        #expect(held.contains(permit) && held.contains("slots 1") && held.contains("limiterd"), "\(held)")
        let status = try await program.ctl(["status"] + direct)
        #expect(status.contains(#/limiterd +s[0-9a-f]+ +1 /#) && status.contains("1 calls wait"), "\(status)")
        #expect(try await program.ctl(["top", "--looks", "2", "--interval", "0.1"] + direct).contains("waiting:1"))
        for words in [
          ["queue", "--hosts"], ["queue"] + direct, ["explain", "m"] + direct, ["permits"] + direct,
          ["status"] + direct,
          ["top", "--looks", "1"] + direct,
        ] {
          let text = try await program.ctl(words + ["--json"])
          #expect(throws: Never.self, "\(words)") { try JSONSerialization.jsonObject(with: Data(text.utf8)) }
        }
        for words in [["status"], ["limits"], ["explain", "m"], ["permits"], ["queue"], ["top", "--looks", "1"]] {
          let text = try await program.ctl(words + ["--json"])
          #expect(throws: Never.self, "\(words)") { try JSONSerialization.jsonObject(with: Data(text.utf8)) }
        }
        #expect(try await program.ctl("drain").contains("\(program.process.pid) drains"))
        #expect(try await waiter.reply()?.reason == "draining")
        #expect(try await holder.call("SETTLE", permit) == .status("settled"))
        #expect(try await program.end() == .exit(0))
      }
    }

    @Test func `explain says that a spent budget denies at once, and what helps`() async throws {
      try await withServe { program in
        let holder = try await program.connect()
        #expect(try await holder.call(line: "ACQUIRE m RUN r1 COST 1000000000").isGranted)
        let advice = "It would be denied by run:r1: 1000000000 of 1000000000 used; no time will help"
        for words in [[], ["--config", program.config, "--redis", try await SharedRedis.url]] {
          let told = try await program.ctl(["explain", "m", "--input", "9", "--run", "r1"] + words)
          #expect(told.contains(advice) && told.contains("`limiterctl budget adjust`"), "\(told)")
          let json = try await program.ctl(["explain", "m", "--input", "9", "--run", "r1", "--json"] + words)
          #expect(json.contains(#""limit" : "run:r1""#) && json.contains(#""would_wait" : 0"#), "\(json)")
        }
      }
    }

    @Test func `cooldowns are shown and cleared, through limiterd and straight in Redis`() async throws {
      try await withServe { program in
        let worker = try await program.connect()
        let direct = ["--config", program.config, "--redis", try await SharedRedis.url]
        #expect(try await program.ctl("cooldowns").contains("No model is left alone"))
        for words in [[], direct] {
          #expect(
            try await worker.call(line: "COOLDOWN m OPEN rateLimited FOR 60000").fields["admission"] == "cooling")
          #expect(try await worker.call(line: "COOLDOWN m ADMIT").fields["admission"] == "cooling")
          let text = try await program.ctl(["cooldowns"] + words)
          #expect(text.contains(#/m +left alone +[0-9.]+ s +rateLimited +1/#), "\(text)")
          let json = try await program.ctl(["cooldowns", "--json"] + words)
          let listed = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]]
          #expect(listed?.first?["model"] as? String == "m")
          #expect(try await program.ctl(["cooldowns", "clear", "m"] + words).contains("may be asked again"))
          #expect(try await worker.call(line: "COOLDOWN m ADMIT").fields["admission"] == "clear")
        }
        #expect(try await program.ctl("cooldowns", "clear", "all").contains("No model was"))
        // After its end one probe at a time; a worker that gives up makes room for the next one.
        #expect(try await worker.call(line: "COOLDOWN m OPEN overloaded FOR 1").fields["reason"] == "overloaded")
        try await eventually("it is over") {
          try await worker.call(line: "COOLDOWN m").fields["admission"] == "clear"
        }
        let probe = try await worker.call(line: "COOLDOWN m ADMIT").fields
        #expect(probe["admission"] == "probe")
        #expect(try await worker.call(line: "COOLDOWN m ADMIT").fields["admission"] == "cooling")
        let generation = try #require(probe["generation"])
        _ = try await worker.call(line: "COOLDOWN m ABANDONED \(generation)")
        #expect(try await worker.call(line: "COOLDOWN m ADMIT").fields["admission"] == "probe")
        _ = try await worker.call(line: "COOLDOWN m SUCCEEDED \(generation)")
        #expect(try await worker.call(line: "COOLDOWN m ADMIT").fields["admission"] == "clear")
      }
    }

    @Test func `runs are shown with what they have spent, most first`() async throws {
      try await withServe { program in
        let worker = try await program.connect()
        let direct = ["--config", program.config, "--redis", try await SharedRedis.url]
        #expect(try await program.ctl("runs").contains("No run has spent"))
        for (run, tokens) in [
          ("small", "100000"), ("large/child", "200000"), ("odd:name {x}", "1"), ("\u{1b}[31mred", "3"),
        ] {
          let permit = try #require(
            try await worker.call("ACQUIRE", "m", "INPUT", tokens, "RUN", run).permit)
          _ = try await worker.call("SETTLE", permit)
        }
        for words in [[], direct] {
          let text = try await program.ctl(["runs"] + words)
          let rows = text.split(separator: "\n").map { $0.split(separator: " ").first ?? "" }
          #expect(rows == ["RUN", "large", "small", "\\x1b[31mred", "odd:name"], "\(text)")
          #expect(text.contains("0.20 USD") && text.contains("0.80 USD"))
          let json = try await program.ctl(["runs", "--json", "--count", "1"] + words)
          let listed = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]]
          #expect(listed?.count == 1 && listed?.first?["spent"] as? Int == 200_000_000)
        }
        #expect(try await program.tryCtl(["runs", "--count", "0"]).0 == .exit(64))
      }
    }

    @Test(arguments: [
      "COOLDOWN", "COOLDOWN nobody", "COOLDOWN m WHAT", "COOLDOWN m OPEN", "COOLDOWN m OPEN a-b",
      "COOLDOWN m OPEN x FOR 0",
      "COOLDOWN m OPEN x FOR 1 FOR 2", "COOLDOWN m ADMIT PROBES 0", "COOLDOWN m SUCCEEDED", "COOLDOWN m SUCCEEDED -1",
      "COOLDOWN m CLEAR x", "COOLDOWN m OPEN x GENERATION 99999999999999999999", "COOLDOWNS m",
      "REPORT nonsense 1", "REPORT calls", "REPORT calls -1", "REPORT calls 1 calls 1", "REPORT fallback: 1",
      "REPORT fallback:a-b 1",
    ])
    func `nonsense about cooldowns and reports is an error, and the connection lives`(_ line: String) async throws {
      try await withServe { program in
        let worker = try await program.connect()
        guard case .error(let text) = try await worker.call(line: line) else {
          Issue.record("\(line) was taken")
          return
        }
        #expect(text.hasPrefix("ERR "), "\(text)")
        #expect(try await worker.call("PING") == .status("PONG"))
      }
    }

    @Test func `budgets are shown and corrected straight in Redis, once per operation`() async throws {
      try await withServe { program in
        let direct = ["--config", program.config, "--redis", try await SharedRedis.url, "--run", "r"]
        func spent() async throws -> Int? {
          let text = try await program.ctl(["budget", "show", "--json"] + direct)
          let budgets = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]]
          return budgets?.first?["spent"] as? Int
        }
        #expect(try await spent() == 0)
        for _ in 1...2 {
          _ = try await program.ctl(
            ["budget", "adjust", "run:r", "5000", "--why", "a test", "--operation", "one"] + direct)
        }
        #expect(try await spent() == 5_000)
        // Its name with another amount, or for another limit, is a mistake, not the correction once more.
        for words in [["run:r", "5001"], ["run:other", "5000", "--run", "other"]] {
          let (end, said) = try await program.tryCtl(
            ["budget", "adjust", "--why", "a test", "--operation", "one"] + direct + words)
          #expect(end == .exit(1), "\(words): \(said)")
          #expect(
            said.contains("the operation `one` was done before") && said.contains("with the amount 5000: 5000 added"),
            "\(words): \(said)")
        }
        #expect(try await spent() == 5_000)
        #expect(try await program.ctl(["limits", "m"] + direct).contains(#/run:r +0\.000005 USD /#))
      }
    }

    @Test func `what a budget has spent is told without what is held, and limits that are met by their names`()
      async throws
    {
      try await withServe { program in
        let worker = try await program.connect()
        #expect(try await worker.call(line: "ACQUIRE m RUN r COST 250000000").isGranted)
        let direct = ["--config", program.config, "--redis", try await SharedRedis.url, "--why", "a test"]
        let told = try await program.ctl(["budget", "adjust", "run:r", "0.50 USD", "--run", "r"] + direct)
        #expect(told.contains("run:r: 0.50 USD added, 0.50 USD spent now"), "\(told)")
        let json = try await program.json(["budget", "adjust", "run:r", "5", "--run", "r"] + direct) as? [String: Any]
        #expect(json?["used"] as? Int == 500_000_005 && json?["unit"] as? String == "nanodollars", "\(json ?? [:])")
        for (words, met) in [(["run"], "`slots`"), (["run:x", "--run", "r"], "`slots`, `run:r`")] {
          let (end, said) = try await program.tryCtl(["budget", "adjust"] + words + ["1"] + direct)
          #expect(end == .exit(1) && said.contains("(\(met)), got `\(words[0])`"), "\(words): \(said)")
          #expect(said.contains("--model, --run, --tenant and --attribute"), "\(said)")
        }
      }
    }

    @Test func `limiterd tells of budgets what Redis tells`() async throws {
      try await withServe { program in
        let worker = try await program.connect()
        #expect(try await worker.call(line: "ACQUIRE m RUN r COST 250000000").isGranted)
        let words = ["budget", "show", "--model", "m", "--run", "r"]
        let direct = words + ["--config", program.config, "--redis", try await SharedRedis.url]
        let told = try await program.ctl(words)
        #expect(told.contains(#/run:r +all +0\.00 USD +0\.25 USD +1\.00 USD +0\.75 USD/#), "\(told)")
        #expect(try await Limiterctl.run(direct).1 == told)
        let json = try await program.ctl(words + ["--json"])
        #expect(json.contains("\"held\" : 250000000") && json.contains("\"period\" : \"all\""), "\(json)")
        #expect(try await Limiterctl.run(direct + ["--json"]).1 == json)
      }
    }

    @Test func `amounts are exact to the last nanodollar and the last that can be counted, or refused`() async throws {
      let policy = ServeProgram.policy(
        "run: {per: run, budget: 1.00 USD}\n  steps: {per: run, budget: 100 requests}\n  window: {per: run, tokens: 100/1h}"
      ).replacing("settle: actual", with: #"settle: actual, price: {input: "1", output: "1"}"#)
      let program = try await ServeProgram.start(policy, redis: try await SharedRedis.url)
      let direct = ["--config", program.config, "--redis", try await SharedRedis.url, "--run", "r", "--why", "a test"]
      func adjust(_ limit: String, _ amount: String) async throws -> [Int64] {
        let text = try await program.ctl(["budget", "adjust", limit, "--json"] + direct + ["--", amount])
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        return [object?["applied"] as? Int64 ?? -1, object?["used"] as? Int64 ?? -1]
      }
      #expect(try await adjust("run:r", "0.123456789 USD") == [123_456_789, 123_456_789])
      #expect(try await adjust("run:r", "-0.000000001 USD") == [-1, 123_456_788])
      #expect(try await adjust("run:r", "-9007199.254740991 USD") == [-123_456_788, 0])
      #expect(try await adjust("run:r", "9007199254740989") == [9_007_199_254_740_989, 9_007_199_254_740_989])
      // What could not be counted any more is not added, and that is said.
      #expect(try await adjust("run:r", "5") == [2, 9_007_199_254_740_991])
      #expect(try await adjust("run:r", "1") == [0, 9_007_199_254_740_991])
      #expect(try await adjust("window:r", "9007199254740990") == [9_007_199_254_740_990, 9_007_199_254_740_990])
      #expect(try await adjust("window:r", "7") == [1, 9_007_199_254_740_991])
      #expect(try await adjust("window:r", "-9007199254740991") == [-9_007_199_254_740_991, 0])
      let short = try await program.ctl(["budget", "adjust", "run:r"] + direct + ["--", "7"])
      #expect(short.contains("run:r: 0.00 USD of 0.000000007 USD added, 9007199.254740991 USD spent now"), "\(short)")
      for (words, status, text) in [
        (["run:r", "0.0000000001 USD"], 64, "at most 9 decimals"),
        (["run:r", "9007199254740992"], 64, "the largest is"),
        (["run:r", "9007199.254740992 USD"], 64, "the largest is"), (["run:r", "0.5"], 64, "whole number"),
        (["run:r", "1e3"], 64, "whole number"), (["run:r", "1 EUR"], 64, "whole number"),
        (["run:r", "0"], 64, "smallest"),
        (["steps:r", "1.00 USD"], 1, "no budget of money"),
        (["steps:r", "99999999999999999999"], 64, "the largest is"),
      ] as [([String], Int32, String)] {
        let (end, said) = try await program.tryCtl(["budget", "adjust"] + direct + ["--"] + words)
        #expect(end == .exit(status) && said.contains(text), "\(words): \(end) \(said)")
      }
      for why in ["", "  "] {
        let (end, said) = try await program.tryCtl(["budget", "adjust", "run:r", "1"] + direct + ["--why", why])
        #expect(end == .exit(64) && said.contains("--why"), "\(end) \(said)")
      }
    }

    @Test func `runs of money come before runs of steps, each by what is spent`() async throws {
      let policy = ServeProgram.policy(
        "run: {per: run, budget: 1.00 USD}\n  tokens: {per: run, budget: 1000000 tokens}\n  steps: {per: run, budget: 1000 requests}"
      ).replacing("settle: actual", with: #"settle: actual, price: {input: "0.001", output: "1"}"#)
      let program = try await ServeProgram.start(policy, redis: try await SharedRedis.url)
      let worker = try await program.connect()
      for (run, tokens) in [("small", "1000"), ("large", "100000"), ("alike", "1000")] {
        let permit = try #require(try await worker.call("ACQUIRE", "m", "INPUT", tokens, "RUN", run).permit)
        _ = try await worker.call("SETTLE", permit)
      }
      // As plain numbers, the tokens of `large` would stand before its dollars, and those of others among them.
      let expected = [
        "large run", "alike run", "small run", "alike steps", "large steps", "small steps", "large tokens",
        "alike tokens", "small tokens",
      ]
      for words in [[], ["--config", program.config, "--redis", try await SharedRedis.url]] {
        let json = try await program.ctl(["runs", "--json"] + words)
        let listed = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]])
        #expect(listed.map { "\($0["run"] ?? "") \($0["limit"] ?? "")" } == expected, "\(json)")
        let first = try await program.ctl(["runs", "--count", "1"] + words)
        #expect(first.contains("0.0001 USD") && first.contains("and 8 more"), "\(first)")
      }
      #expect(try await program.ctl("runs", "--help").contains("money come first"))
    }

    @Test func `config check tells its mistakes as JSON, one by one`() async throws {
      let folder = try GuardedDirectory(named: "check")
      let file = folder.path + "/policy.yaml"
      try "domain: d\nheadrom: 0.8\nmodels:\n  m: {provider: mine, settle: sometimes}\nlimits:\n  t: {tokens: many}\n"
        .write(toFile: file, atomically: true, encoding: .utf8)
      func check(_ file: String) async throws -> (ChildProcess.End, [String: Any]) {
        let output = folder.path + "/\(UInt32.random(in: .min ... .max))"
        let (end, _) = try await Limiterctl.run(["config", "check", "--json", file], output: output)
        let data = try Data(contentsOf: URL(filePath: output))
        return (end, try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any]))
      }
      let (end, told) = try await check(file)
      #expect(end == .exit(1) && told["ok"] as? Bool == false && told["file"] as? String == file)
      let problems = try #require(told["problems"] as? [[String: Any]])
      #expect(problems.map { $0["path"] as? String } == ["headrom", "models.m.settle", "limits.t.tokens"])
      #expect(problems.map { $0["line"] as? Int } == [2, 4, 6])
      #expect(problems.map { $0["code"] as? String } == ["unknownKey", "badValue", "badValue"])
      #expect((problems[0]["message"] as? String)?.contains("did you mean `headroom`?") == true, "\(problems)")
      #expect(told["omitted"] as? Int == 0)
      let (_, missing) = try await check(folder.path + "/none.yaml")
      let problem = try #require((missing["problems"] as? [[String: Any]])?.first)
      #expect(
        problem["code"] as? String == "unreadable" && problem["line"] is NSNull && problem["path"] as? String == "")
      try ServeProgram.policy("t: {tokens: 10/1m}").write(toFile: file, atomically: true, encoding: .utf8)
      let policy = try String(contentsOfFile: file, encoding: .utf8)
      try (policy + "\nredis: {url: \"redis://localhost:6379/x\"}\n").write(
        toFile: file, atomically: true, encoding: .utf8)
      let (_, unusable) = try await check(file)
      let url = try #require((unusable["problems"] as? [[String: Any]])?.first)
      #expect(url["path"] as? String == "redis.url" && url["line"] is Int, "\(url)")
      #expect((url["message"] as? String)?.contains("its database is not a number") == true, "\(url)")
      try policy.write(toFile: file, atomically: true, encoding: .utf8)
      let (good, fine) = try await check(file)
      #expect(good == .exit(0) && fine["ok"] as? Bool == true)
    }

    @Test(arguments: [
      (["limits", "nonsense"], 1, "no model `nonsense`"),
      (["status", "--socket", "/nowhere"], 1, "does not answer at /nowhere"),
      (["budget", "show"], 64, "expected --model"),
      (["budget", "show", "--model", "nonsense"], 1, "no model `nonsense`"),
      (["budget", "show", "--socket", "/nowhere", "--config", "/nowhere"], 64, "expected --socket, or --config"),
      (["budget", "adjust", "a", "1", "--why", "w"], 64, "expected --config FILE"),
      (["explain", "m", "--priority", "11"], 64, "--priority: expected 1 to 10"),
      (["status", "--config", "/nowhere", "--redis", "foo"], 64, "--redis: The Redis URL is wrong"),
      (["limits", "--socket", ""], 64, "--socket: expected the path"),
      (["complete", "hi", "--model", "m", "--chain", "m,n"], 64, "expected --model or --chain"),
      (["config", "check", "/nowhere"], 1, "/nowhere"),
      (["top", "--looks", "0"], 64, "1 or more"), (["nonsense"], 64, "Unexpected argument"),
      (["limits", "--redis", "redis://localhost"], 64, "needs --config"),
    ])
    func `what cannot be done is said, with a status`(_ words: [String], _ status: Int32, _ text: String) async throws {
      try await withServe { program in
        let (end, said) = try await program.tryCtl(words)
        #expect(end == .exit(status), "\(words)")
        #expect(said.contains(text), "\(words): \(said)")
      }
    }

    static var policy: String {
      ServeProgram.policy(limits).replacing(
        "settle: actual", with: #"settle: actual, price: {input: "1", output: "1"}"#)
    }

    private func withServe(_ body: (ServeProgram) async throws -> Void) async throws {
      try await body(try await ServeProgram.start(Self.policy, redis: try await SharedRedis.url))
    }
  }
}

extension Reply {
  /// A list of names and values, as texts.
  fileprivate var fields: [String: String] {
    let parts = array ?? []
    return stride(from: 0, to: parts.count - 1, by: 2).reduce(into: [:]) { fields, index in
      fields[parts[index].string ?? ""] = parts[index + 1].string ?? parts[index + 1].int.map { "\($0)" }
    }
  }
}
