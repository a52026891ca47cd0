import Foundation
import Hiredis
import TestSupport
import Testing

extension WholeTests {
  /// `limiterctl --json`: its shape does not depend on what workers and policies are called.
  @Suite(.serialized) struct LimiterctlJSONTests {
    @Test func `scopes that look like a name and a value are a list`() async throws {
      try await withServe(
        "pair: {per: [tenant, run], requests: 5/1m}\n  one: {per: tenant, requests: 5/1m}\n  all: {requests: 9/1m}"
      ) { program in
        let limits = try #require(try await program.json(["limits"]) as? [[String: Any]])
        let scopes = limits.map { "\($0["limit"] ?? ""): \(($0["per"] as? [String])?.description ?? "no list")" }
        #expect(
          scopes.sorted() == [#"all: []"#, #"one: ["tenant"]"#, #"pair: ["tenant", "run"]"#], "\(limits)")
      }
    }

    @Test(arguments: ["w9", "W-9"])
    func `what is held has one shape, whoever holds it`(_ session: String) async throws {
      try await withServe("slots: {concurrency: 5}") { program in
        let worker = try await program.connect()
        _ = try await worker.call("SESSION", session)
        #expect(try await worker.call("ACQUIRE", "m").isGranted)
        let explained = try #require(try await program.json(["explain", "m"]) as? [String: Any])
        let limit = try #require((explained["limits"] as? [[String: Any]])?.first)
        let holders = try #require(limit["holders"] as? [[Any]], "\(limit)")
        #expect(holders.map { "\($0)" } == ["\([session, 1] as [Any])"])
        let hosts = try #require(limit["hosts"] as? [[Any]], "\(limit)")
        #expect(hosts.map(\.count) == [3] && hosts[0][1] as? String == "limiterd" && hosts[0][2] as? Int == 1)
        #expect(explained["denial"] is NSNull && limit["period"] is NSNull)
        let permit = try #require((try await program.json(["permits"]) as? [[String: Any]])?.first)
        let pairs = try #require(permit["limits"] as? [[Any]], "\(permit)")
        #expect(pairs.map { "\($0)" } == ["\(["slots", 1] as [Any])"])
        #expect(permit["session"] as? String == session)
      }
    }

    @Test func `a denial is an object, and the calls behind another are a list of lists`() async throws {
      try await withServe("slots: {concurrency: 1}\n  run: {per: run, budget: 1.00 USD}") { program in
        let (holder, first, second) = (
          try await program.connect(), try await program.connect(), try await program.connect()
        )
        #expect(try await holder.call(line: "ACQUIRE m RUN r COST 1000000000").isGranted)
        let explained = try #require(
          try await program.json(["explain", "m", "--input", "9", "--run", "r"]) as? [String: Any])
        #expect((explained["denial"] as? [String: Any])?["limit"] as? String == "run:r", "\(explained)")
        for waiter in [first, second] { waiter.send("ACQUIRE", "m", "WAIT", "60000") }
        try await eventually("one stands behind the other") {
          let crowd = (try await program.json(["queue", "--hosts"]) as? [[String: Any]])?.first
          let waiter = (crowd?["waiters"] as? [[String: Any]])?.first
          return (waiter?["behind"] as? [[Int]])?.map(\.count) == [2]
        }
      }
    }

    @Test func `EXPLAIN has the same keys, whoever is asked`() async throws {
      try await withServe("slots: {concurrency: 1}\n  run: {per: run, budget: 1.00 USD}") { program in
        let worker = try await program.connect()
        #expect(try await worker.call(line: "ACQUIRE m RUN r COST 1000000000").isGranted)
        let words = ["explain", "m", "--input", "9", "--run", "r"]
        let direct = ["--config", program.config, "--redis", try await SharedRedis.url]
        let told = try #require(try await program.json(words) as? [String: Any])
        let seen = try #require(try await program.json(words + direct) as? [String: Any])
        let (denial, same) = (
          try #require(told["denial"] as? [String: Any]), try #require(seen["denial"] as? [String: Any])
        )
        #expect(denial.count == 11 && Set(denial.keys) == Set(same.keys), "\(same)")
        for key in ["denied", "limit", "used", "allowed", "remaining", "retry_after_ms", "exact", "message"] {
          #expect("\(denial[key] ?? "")" == "\(same[key] ?? "")", "\(key)")
        }
        let limits = try [told, seen].map { try #require($0["limits"] as? [[String: Any]]) }
        for (one, other) in zip(limits[0], limits[1]) {
          #expect(Set(one.keys) == Set(other.keys).union(["holders"]), "\(other)")
          #expect("\(one["period"] ?? "")" == "\(other["period"] ?? "")")
        }
        #expect((limits[1].last?["period"] as? [Any])?.count == 3, "\(limits[1])")
      }
    }

    @Test func `a domain of digits is a text`() async throws {
      let domain = "\(UInt32.random(in: 1_000_000 ... .max))"
      let program = try await ServeProgram.start(
        ServeProgram.policy("slots: {concurrency: 1}", domain: "\"\(domain)\""), redis: try await SharedRedis.url)
      let status = try #require(try await program.json(["status"]) as? [String: [String: Any]])
      #expect(status["policy"]?["policy_domain"] as? String == domain, "\(status)")
      #expect(status["policy"]?["policy_limits"] as? Int == 1)
      // All that is a text today is known as one, whatever it will look like.
      let known = [
        "limiterd_version", "state", "redis_state", "redis_address", "redis_session", "redis_maxmemory_policy",
        "decided_by", "policy_domain", "policy_restart_needed_for",
      ]
      let texts = status.values.flatMap { $0.filter { $0.value is String }.keys }
      #expect(Set(texts) == Set(known), "\(texts)")
    }

    private func withServe(_ limits: String, _ body: (ServeProgram) async throws -> Void) async throws {
      let policy = ServeProgram.policy(limits).replacing(
        "settle: actual", with: #"settle: actual, price: {input: "1", output: "1"}"#)
      try await body(try await ServeProgram.start(policy, redis: try await SharedRedis.url))
    }
  }
}
