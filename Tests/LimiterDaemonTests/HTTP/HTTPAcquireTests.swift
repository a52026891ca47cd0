import AsyncHTTPClient
import Foundation
import Hiredis
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import LimiterDaemon

@Suite struct HTTPAcquireTests {
  @Test func `a granted call, its settlement and what is counted`() async throws {
    try await withHTTPDaemon("tokens: {tokens: 1000/1h}\nslots: {concurrency: 2}") { daemon in
      let granted = try await daemon.post(
        "/v1/acquire",
        #"{"model": "m", "input_tokens": 60, "output_tokens": 40, "tenant": "acme", "attributes": {"plan": "pro"}}"#)
      #expect(granted.status == 200)
      #expect(granted.header("content-type") == "application/json")
      #expect(try granted.string("model") == "m")
      let tokens = try #require(try granted.list("limits")?.first { $0["limit"] == .string("tokens") })
      #expect(tokens["amount"] == .integer(100))
      #expect(tokens["allowed"] == .integer(1_000))
      #expect(tokens["remaining"] == .integer(900))
      #expect(tokens["unit"] == .string("tokens"))
      let permit = try #require(try granted.string("permit"))
      // The worker protocol sees the same.
      let worker = try await daemon.connect()
      #expect(try await worker.call("PERMITS", "http").array?.first?["permit"]?.string == permit)
      #expect(try await daemon.get("/v1/permits").list("permits")?.first?["permit"] == .string(permit))
      let settle = #"{"permit": "\#(permit)", "input_tokens": 20, "output_tokens": 10}"#
      #expect(try await daemon.post("/v1/settle", settle).string("outcome") == "settled")
      #expect(try await daemon.post("/v1/settle", settle).string("outcome") == "gone")
      #expect(try await daemon.metric(#"limiterd_limit_used{limit="tokens"}"#) == 30)
      #expect(try await daemon.metric(#"limiterd_limit_allowed{limit="tokens"}"#) == 1_000)
      #expect(try await daemon.metric(#"limiterd_settlements_total{outcome="settled"}"#) == 1)
      #expect(try await daemon.metric(#"limiterd_settlements_total{outcome="gone"}"#) == 1)
      #expect(try await daemon.metric(#"limiterd_decisions_total{model="m",outcome="granted"}"#) == 1)
      let other = try #require(try await daemon.post("/v1/acquire", #"{"model": "m", "tokens": 900}"#).string("permit"))
      #expect(try await daemon.post("/v1/cancel", #"{"permit": "\#(other)"}"#).string("outcome") == "settled")
      #expect(try await daemon.metric(#"limiterd_limit_used{limit="tokens"}"#) == 30)
    }
  }

  @Test func `a denial says when to come back, rounded up, in the words of HTTP`() async throws {
    try await withHTTPDaemon("tokens: {tokens: 100/1h}") { daemon in
      #expect(try await daemon.post("/v1/acquire", #"{"model": "m", "tokens": 90}"#).status == 200)
      let denied = try await daemon.post("/v1/acquire", #"{"model": "m", "tokens": 20}"#)
      #expect(denied.status == 429)
      #expect(denied.header("content-type") == "application/problem+json")
      let milliseconds = try #require(try denied.number("retry_after_ms"))
      #expect((3_590_000...3_600_000).contains(milliseconds))
      #expect(denied.header("retry-after-ms") == String(milliseconds))
      #expect(denied.header("retry-after") == String((milliseconds + 999) / 1_000))
      #expect(denied.header("ratelimit") == #""tokens";r=10;t=\#((milliseconds + 999) / 1_000)"#)
      #expect(denied.header("ratelimit-policy") == #""tokens";q=100;w=3600"#)
      #expect(try denied.string("type") == "urn:limiterd:denied")
      #expect(try denied.string("reason") == "window")
      #expect(try denied.string("limit") == "tokens")
      #expect(try denied.number("status") == 429)
      #expect(try denied.number("used") == 90)
      #expect(try denied.number("allowed") == 100)
      #expect(try denied.number("remaining") == 10)
      #expect(try denied.json["exact"] == .bool(true))
      #expect(try denied.string("title")?.isEmpty == false)
      #expect(try denied.string("detail")?.contains("90 of 100 used") == true)
      #expect(try await daemon.metric(#"limiterd_denials_total{reason="window"}"#) == 1)
      #expect(try await daemon.metric("limiterd_wait_seconds_count") == 2)
    }
  }

  @Test func `what can never be admitted has no time to come back`() async throws {
    try await withHTTPDaemon("tokens: {tokens: 100/1h}") { daemon in
      let denied = try await daemon.post("/v1/acquire", #"{"model": "m", "tokens": 101}"#)
      #expect(denied.status == 429)
      #expect(try denied.string("reason") == "too_large")
      #expect(denied.header("retry-after") == nil)
      #expect(denied.header("retry-after-ms") == nil)
      #expect(denied.header("x-should-retry") == "false")
      #expect(try denied.json["retry_after_ms"] == .null)
    }
  }

  @Test func `a slot that is taken: never 0 seconds`() async throws {
    try await withHTTPDaemon("slots: {concurrency: 1}") { daemon in
      #expect(try await daemon.post("/v1/acquire", #"{"model": "m"}"#).status == 200)
      let denied = try await daemon.post("/v1/acquire", #"{"model": "m"}"#)
      #expect(denied.header("retry-after") == "1")
      #expect(denied.header("retry-after-ms") == nil)
      #expect(denied.header("ratelimit") == #""slots";r=0"#)
      #expect(try denied.string("reason") == "concurrency")
      #expect(denied.header("ratelimit-policy") == #""slots";q=1"#)
    }
  }

  @Test func `what waits is admitted when a worker of the other protocol settles`() async throws {
    try await withHTTPDaemon("slots: {concurrency: 1}") { daemon in
      let worker = try await daemon.connect()
      let permit = try #require(try await worker.call(line: "ACQUIRE m").permit)
      async let waiting = daemon.post("/v1/acquire", #"{"model": "m", "wait_ms": 20000, "priority": 3}"#)
      try await eventually("it waits") {
        try await daemon.get("/v1/queue?model=m").list("calls")?.first?["priority"] == .integer(3)
      }
      // Its batch may still be under way.
      try await eventually("it stands in the queue") {
        let explained = try await daemon.get("/v1/explain?model=m&priority=5")
        #expect(try explained.json["would_wait"] == .bool(true))
        let slots = try #require(try explained.list("limits")?.first)
        #expect(slots["fits"] == .bool(false))
        return slots["waiting_ahead"] == .integer(1)
      }
      #expect(try await worker.call("SETTLE", permit) == .status("settled"))
      #expect(try await waiting.status == 200)
    }
  }

  @Test func `a client that goes while it waits leaves nothing`() async throws {
    try await withHTTPDaemon("slots: {concurrency: 1}") { daemon in
      let permit = try #require(try await daemon.post("/v1/acquire", #"{"model": "m"}"#).string("permit"))
      let waiting = Task { try await daemon.post("/v1/acquire", #"{"model": "m", "wait_ms": 60000}"#) }
      try await eventually("it waits") { try await daemon.metric("limiterd_waiting_calls") == 1 }
      // Half of them close their sending side only.
      let raw = try await RawHTTPClient.connect(try #require(daemon.daemon.httpPort))
      raw.send(RawHTTPClient.post("/v1/acquire", #"{"model": "m", "wait_ms": 60000}"#))
      try await eventually("both wait") { try await daemon.metric("limiterd_waiting_calls") == 2 }
      waiting.cancel()
      try await raw.closeOutput()
      try await eventually("nobody waits") { try await daemon.metric("limiterd_waiting_calls") == 0 }
      _ = await waiting.result
      #expect(try await daemon.metric(#"limiterd_decisions_total{model="m",outcome="withdrawn"}"#) == 2)
      #expect(try await daemon.post("/v1/settle", #"{"permit": "\#(permit)"}"#).status == 200)
      let next = try await daemon.post("/v1/acquire", #"{"model": "m"}"#)
      #expect(next.status == 200)
      await raw.close()
    }
  }

  @Test func `the same id is the same answer, and two that wait for it are one call`() async throws {
    try await withHTTPDaemon("slots: {concurrency: 1}") { daemon in
      let first = try await daemon.post("/v1/acquire", #"{"model": "m", "id": "one"}"#)
      let again = try await daemon.post("/v1/acquire", #"{"model": "m", "id": "one"}"#)
      #expect(try first.string("permit") == (try again.string("permit")))
      let two = #"{"model": "m", "id": "two", "wait_ms": 60000}"#
      let gone = Task { try await daemon.post("/v1/acquire", two) }
      async let stays = daemon.post("/v1/acquire", two)
      try await eventually("both wait") {
        let commands = try await daemon.metric("limiterd_commands_total")
        return try await daemon.metric("limiterd_waiting_calls") == 1 && commands == 4
      }
      gone.cancel()
      _ = await gone.result
      let settle = #"{"permit": "\#(try #require(try first.string("permit")))"}"#
      #expect(try await daemon.post("/v1/settle", settle).status == 200)
      #expect(try await stays.status == 200)
    }
  }

  @Test func `hold_ms 0 keeps no permit, and a hold ends by itself`() async throws {
    try await withHTTPDaemon("tokens: {tokens: 1000/1h, models: [m]}\nslots: {concurrency: 1, models: [n]}") { daemon in
      let kept = try await daemon.post("/v1/acquire", #"{"model": "m", "tokens": 10, "hold_ms": 0}"#)
      #expect(kept.status == 200)
      #expect(try kept.json["permit"] == .null)
      let refused = try await daemon.post("/v1/acquire", #"{"model": "n", "hold_ms": 0}"#)
      #expect(refused.status == 400)
      #expect(try refused.string("detail")?.contains("`hold_ms`) keeps no permit") == true, "\(refused.text)")
      #expect(try await daemon.post("/v1/acquire", #"{"model": "n", "hold_ms": 300}"#).status == 200)
      #expect(try await daemon.post("/v1/acquire", #"{"model": "n", "wait_ms": 20000}"#).status == 200)
    }
  }

  @Test func `a permit is renewed as long as it is held`() async throws {
    try await withHTTPDaemon("slots: {concurrency: 1}") { daemon in
      let granted = try await daemon.post("/v1/acquire", #"{"model": "m", "hold_ms": 20000}"#)
      let permit = try #require(try granted.string("permit"))
      func renew(_ more: String = "") async throws -> Bool? {
        let answer = try await daemon.post("/v1/renew", #"{"permit": "\#(permit)"\#(more)}"#)
        #expect(answer.status == 200, "\(answer.text)")
        return try answer.flag("held")
      }
      func validFor() async throws -> Int64 {
        guard case .integer(let left)? = try await daemon.get("/v1/permits").list("permits")?.first?["valid_for_ms"]
        else { return -1 }
        return left
      }
      #expect(try await validFor() <= 20_000)
      #expect(try await renew(#", "hold_ms": 3600000"#) == true)
      #expect((3_000_000...3_600_000).contains(try await validFor()))
      // Without a word of it for as long as before.
      #expect(try await renew() == true)
      #expect((3_000_000...3_600_000).contains(try await validFor()))
      for nonsense in [#", "hold_ms": 0"#, #", "hold_ms": "1""#, #", "hold": 1"#] {
        #expect(try await daemon.post("/v1/renew", #"{"permit": "\#(permit)"\#(nonsense)}"#).status == 400)
      }
      #expect(try await daemon.post("/v1/settle", #"{"permit": "\#(permit)"}"#).string("outcome") == "settled")
      #expect(try await renew() == false)
    }
  }

  @Test func `runs, cooldowns and a look at a call are told as the worker protocol tells them`() async throws {
    try await withHTTPDaemon("slots: {concurrency: 1}\nmoney: {per: run, budget: 1 USD}") { daemon in
      let call = #"{"model": "m", "cost_nanodollars": 250, "run": "r"}"#
      #expect(try await daemon.post("/v1/acquire", call).status == 200)
      let run = try #require(try await daemon.get("/v1/runs").list("runs")?.first)
      #expect(run["run"] == .string("r") && run["held"] == .integer(250) && run["spent"] == .integer(0))
      #expect(try await daemon.get("/v1/cooldowns").list("cooldowns")?.isEmpty == true)
      let worker = try await daemon.connect()
      _ = try await worker.call(line: "COOLDOWN m OPEN overloaded FOR 20000")
      let cooldown = try #require(try await daemon.get("/v1/cooldowns").list("cooldowns")?.first)
      #expect(cooldown["model"] == .string("m") && cooldown["admission"] == .string("cooling"))
      let seen = try await daemon.get("/v1/peek?model=m&cost_nanodollars=5&run=r")
      #expect(try seen.flag("admitted") == false)
      let money = try #require(try seen.list("limits")?.first { $0["limit"] == .string("money:r") })
      #expect(
        money["fits"] == .bool(true) && money["held"] == .integer(250) && money["period"]?["name"] == .string("all"))
      #expect(try await daemon.get("/v1/runs?model=m").status == 400)
    }
  }

  @Test func `limits tell what is used, and settle knows the unknown`() async throws {
    try await withHTTPDaemon("day: {budget: 1 USD/day}\nper: {per: tenant, tokens: 10/1h}") { daemon in
      let granted = try await daemon.post("/v1/acquire", #"{"model": "m", "cost_nanodollars": 250}"#)
      let limits = try #require(try await daemon.get("/v1/limits?model=m").list("limits"))
      #expect(limits.map { $0["limit"] } == [.string("day"), .string("per")])
      #expect(limits[0]["used"] == .integer(250))
      #expect(limits[1]["used"] == .null)
      let settle = #"{"permit": "\#(try #require(try granted.string("permit")))", "unknown": true}"#
      #expect(try await daemon.post("/v1/settle", settle).string("outcome") == "settled")
    }
  }
}
