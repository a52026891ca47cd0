import Hiredis
import TestSupport
import Testing

extension WholeTests {
  @Suite(.serialized) struct AcquireTests {
    @Test func `a permit is granted, settled once, and gone then`() async throws {
      try await withDaemon("slots: {concurrency: 1}\ntokens: {tokens: 100/1h}") { daemon in
        let worker = try await daemon.connect()
        let granted = try await worker.call(line: "acquire m TOKENS 40")
        let permit = try #require(granted.permit)
        #expect(granted["model"]?.string == "m")
        #expect(try #require(granted["valid_for_ms"]?.int) > 500_000)
        #expect(
          granted["limits"]
            == .array([
              .array([.bulk(Array("slots".utf8)), .bulk(Array("slots".utf8)), .integer(1), .integer(1), .integer(0)]),
              .array([
                .bulk(Array("tokens".utf8)), .bulk(Array("tokens".utf8)), .integer(40), .integer(100), .integer(60),
              ]),
            ]))
        let denied = try await worker.call(line: "ACQUIRE m TOKENS 40")
        #expect(denied.reason == "concurrency")
        #expect(denied["limit"]?.string == "slots")
        #expect(denied["used"] == .integer(1))
        #expect(denied["remaining"] == .integer(0))
        let settled = try await worker.call("SETTLE", permit, "TOKENS", "25")
        #expect(settled == .status("settled"))
        #expect(try await worker.call("SETTLE", permit, "TOKENS", "25") == .status("gone"))
        let peek = try await worker.call(line: "PEEK m TOKENS 75")
        #expect(peek["admitted"] == .integer(1))
        let full = try await worker.call(line: "PEEK m TOKENS 76")
        #expect(full["admitted"] == .integer(0))
      }
    }

    @Test func `a cancelled permit gives everything back, an abandoned one stays charged and can be settled late`()
      async throws
    {
      try await withDaemon("tokens: {tokens: 100/1h}\nslots: {concurrency: 5}") { daemon in
        let worker = try await daemon.connect()
        let first = try #require(try await worker.call(line: "ACQUIRE m TOKENS 100").permit)
        #expect(try await worker.call("CANCEL", first) == .status("settled"))
        let second = try #require(try await worker.call(line: "ACQUIRE m TOKENS 100").permit)
        #expect(try await worker.call("ABANDON", second) == .status("settled"))
        #expect(try await worker.call(line: "ACQUIRE m TOKENS 1").reason == "window")
        #expect(try await worker.call("SETTLE", second, "TOKENS", "10") == .status("settled_late"))
        #expect(try await worker.call(line: "PEEK m TOKENS 90")["admitted"] == .integer(1))
        #expect(try await worker.call("SETTLE", second, "TOKENS", "10") == .status("gone"))
      }
    }

    @Test func `a usage that costs more than can be counted is refused, and the permit is held on`() async throws {
      try await withDaemon("money: {budget: 1 USD/day}") { daemon in
        let worker = try await daemon.connect()
        let permit = try #require(try await worker.call(line: "ACQUIRE m INPUT 10 OUTPUT 10").permit)
        let most = "9007199254740991"
        let refused = try await worker.call("SETTLE", permit, "INPUT", most, "OUTPUT", most)
        #expect(refused.errorMessage?.hasPrefix("ERR SETTLE: ") == true, "\(refused)")
        #expect(try await worker.call("HELD", permit) == .integer(1))
        #expect(try await worker.call("SETTLE", permit, "INPUT", "1", "OUTPUT", "1") == .status("settled"))
      }
    }

    @Test func `what waits is admitted when a slot is free, and answered in its turn`() async throws {
      try await withDaemon("slots: {concurrency: 1}") { daemon in
        let (holder, waiter) = (try await daemon.connect(), try await daemon.connect())
        let permit = try #require(try await holder.call(line: "ACQUIRE m").permit)
        waiter.send([["ACQUIRE", "m", "WAIT", "20000"], ["PING"]])
        try await eventually("it waits") { try await daemon.info("waiting") == 1 }
        #expect(try await holder.call("SETTLE", permit) == .status("settled"))
        #expect(try await waiter.reply()?.isGranted == true)
        #expect(try await waiter.reply() == .status("PONG"))
      }
    }

    @Test func `tagged commands are answered as soon as they are ready`() async throws {
      try await withDaemon("slots: {concurrency: 1}") { daemon in
        let worker = try await daemon.connect()
        let permit = try #require(try await worker.call(line: "ACQUIRE m").permit)
        worker.send([["TAG", "7", "ACQUIRE", "m", "WAIT", "20000"], ["TAG", "8", "PING"], ["ECHO", "plain"]])
        #expect(try await worker.reply() == .array([.integer(8), .status("PONG")]))
        #expect(try await worker.reply() == .bulk(Array("plain".utf8)))
        worker.send([["TAG", "9", "SETTLE", permit]])
        let next = [try await worker.reply(), try await worker.reply()].compactMap { $0?.array }
        #expect(Set(next.map { $0[0].int }) == [7, 9])
        #expect(next.first { $0[0] == .integer(9) }?[1] == .status("settled"))
        #expect(next.first { $0[0] == .integer(7) }?[1].isGranted == true)
      }
    }

    @Test func `the same ID is the same answer, also while the first waits`() async throws {
      try await withDaemon("slots: {concurrency: 1}\ntokens: {tokens: 1000/1h}") { daemon in
        let worker = try await daemon.connect()
        let first = try await worker.call(line: "ACQUIRE m TOKENS 10 ID one")
        #expect(try await worker.call(line: "ACQUIRE m TOKENS 10 ID one") == first)
        worker.send([
          ["TAG", "1", "ACQUIRE", "m", "TOKENS", "10", "WAIT", "20000", "ID", "two"],
          ["TAG", "2", "ACQUIRE", "m", "TOKENS", "10", "WAIT", "20000", "ID", "two"],
          ["TAG", "3", "SETTLE", try #require(first.permit)],
        ])
        var answers: [Int64: Reply] = [:]
        for _ in 0..<3 {
          let pair = try #require(try await worker.reply()?.array)
          answers[pair[0].int ?? -1] = pair[1]
        }
        #expect(answers[1]?.isGranted == true)
        #expect(answers[1] == answers[2])
        // One permit, one reservation.
        #expect(try await worker.call(line: "LIMITS").array?[1]["used"] == .integer(20))
        // Another session's operations are its own.
        let other = try await daemon.connect()
        #expect(try await other.call(line: "ACQUIRE m TOKENS 10 ID one").reason == "concurrency")
      }
    }

    @Test func `HOLD 0 keeps no permit, and is refused where one is needed`() async throws {
      try await withDaemon("tokens: {tokens: 1000/1h, models: [m]}\nslots: {concurrency: 1, models: [n]}") { daemon in
        let worker = try await daemon.connect()
        let granted = try await worker.call(line: "ACQUIRE m TOKENS 10 HOLD 0")
        #expect(granted.isGranted)
        #expect(granted.array?[1] == .null)
        #expect(try await worker.call(line: "PERMITS") == .array([]))
        #expect(try await worker.call(line: "ACQUIRE n HOLD 0").errorMessage?.contains("slots is none") == true)
      }
    }

    @Test func `a permit is renewed for as long as it is held`() async throws {
      try await withDaemon("slots: {concurrency: 1}") { daemon in
        let worker = try await daemon.connect()
        let permit = try #require(try await worker.call(line: "ACQUIRE m HOLD 400").permit)
        #expect(try await worker.call("RENEW", permit, "HOLD", "60000") == .integer(1))
        #expect(try #require(try await worker.call(line: "PERMITS").array?.first?["valid_for_ms"]?.int) > 50_000)
        #expect(try await worker.call("RENEW", permit, "HOLD", "200") == .integer(1))
        try await eventually("its time is over") { try await daemon.info("permits_held") == 0 }
        #expect(try await worker.call("RENEW", permit) == .integer(0))
        #expect(try await worker.call(line: "ACQUIRE m WAIT 20000").isGranted)
      }
    }

    @Test func `permits of other connections and of other daemons can be settled`() async throws {
      try await withDaemon("tokens: {tokens: 100/1h}\nslots: {concurrency: 2}\nmoney: {budget: 1 USD/day}") { first in
        let policy = "tokens: {tokens: 100/1h}\nslots: {concurrency: 2}\nmoney: {budget: 1 USD/day}"
        try await withDaemon(policy, domain: first.domain) { second in
          let (one, two) = (try await first.connect(), try await second.connect())
          let permit = try #require(try await one.call(line: "ACQUIRE m INPUT 60 OUTPUT 30").permit)
          #expect(try await two.call(line: "ACQUIRE m INPUT 10 OUTPUT 1").reason == "window")
          #expect(try await two.call("SETTLE", permit, "INPUT", "20", "OUTPUT", "10") == .status("settled"))
          #expect(try await two.call(line: "ACQUIRE m INPUT 70").isGranted)
          #expect(try await one.call("SETTLE", permit) == .status("gone"))
          #expect(try await one.call("SETTLE", "s00/m.9.1") == .status("gone"))
          #expect(
            try await one.call("SETTLE", "nonsense").errorMessage?.contains("expected the id of a permit") == true)
        }
      }
    }
  }
}
