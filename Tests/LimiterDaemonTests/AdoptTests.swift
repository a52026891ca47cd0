import Hiredis
import TestSupport
import Testing

extension WholeTests {
  @Suite(.serialized) struct AdoptTests {
    static let limits = "slots: {concurrency: 3}\nrun: {per: run, budget: 1.00 USD}"

    @Test func `another limiterd holds what it adopts, and it is settled once, wherever it is asked for`() async throws
    {
      let domain = uniqueDomain("adopt")
      try await withDaemon(Self.limits, domain: domain) { first in
        try await withDaemon(Self.limits, domain: domain) { second in
          let (old, new) = (try await first.connect(), try await second.connect())
          let permits = try await Self.permits(3, of: old)
          let adopted = try #require(try await new.call(["ADOPT"] + permits).array)
          #expect(adopted.map { $0.array?.first?.string } == ["held", "held", "held"])
          #expect(adopted.allSatisfy { (1...600_000).contains($0.array?.last?.int ?? 0) })
          #expect(try await second.info("permits_held") == 3)
          #expect(try await new.call("HELD", permits[0]) == .integer(1))
          // No slot is free, and none is held twice.
          #expect(try await new.call(line: "ACQUIRE m RUN r").reason == "concurrency")
          #expect(try await new.call(["ADOPT"] + permits).array?.count == 3)
          // By the one that had granted it, and has not heard of its adoption.
          #expect(try await old.call("SETTLE", permits[0], "INPUT", "10", "OUTPUT", "0") == .status("settled"))
          #expect(try await new.call("SETTLE", permits[0], "INPUT", "10", "OUTPUT", "0") == .status("gone"))
          // By one that has neither granted nor adopted it.
          let third = try await first.connect()
          #expect(try await third.call("SETTLE", permits[1], "INPUT", "5", "OUTPUT", "0") == .status("settled"))
          #expect(try await new.call("SETTLE", permits[1], "INPUT", "5", "OUTPUT", "0") == .status("gone"))
          // Who adopted holds it as its own: its end frees the slots.
          await new.close()
          try await eventually("the slot is free") {
            for _ in 0..<3 where try await third.call(line: "ACQUIRE m RUN r HOLD 60000").isDenied { return false }
            return true
          }
          #expect(try await third.call("SETTLE", permits[2], "INPUT", "7", "OUTPUT", "0") == .status("settled_late"))
          let run = try await third.call(line: "PEEK m RUN r")["limits"]?.array?.last
          // 22 tokens at a thousandth of a dollar for a thousand; what is held now is at least 1 nanodollar each.
          let spent = try #require(run?["used"]?.int) - (run?["held"]?.int ?? 0)
          #expect(spent == 22_000)
        }
      }
    }

    @Test func `what is adopted just before a connection takes its session over is that session's`() async throws {
      let domain = uniqueDomain("adopt")
      try await withDaemon(Self.limits, domain: domain) { first in
        try await withDaemon(Self.limits, domain: domain) { second in
          let (old, lost) = (try await first.connect(), try await second.connect())
          let permit = try await Self.permits(1, of: old)[0]
          _ = try await lost.call(line: "SESSION worker GRACE 60000")
          await lost.close()
          let new = try await second.connect()
          new.send([["ADOPT", permit], ["SESSION", "worker"]])
          #expect(try await new.reply()?.array?.first?.array?.first?.string == "held")
          #expect(try await new.reply()?["name"]?.string == "worker")
          #expect(try await new.call("HELD", permit) == .integer(1))
          #expect(try await new.call("SETTLE", permit) == .status("settled"))
        }
      }
    }

    @Test func `two sessions that adopt one permit at once: one of them holds it`() async throws {
      let domain = uniqueDomain("adopt")
      try await withDaemon(Self.limits, domain: domain) { first in
        try await withDaemon(Self.limits, domain: domain) { second in
          let old = try await first.connect()
          let rivals = [try await second.connect(), try await second.connect()]
          for round in 0..<20 {
            let permit = try await Self.permits(1, of: old)[0]
            for rival in rivals { rival.send("ADOPT", permit) }
            var holders: [WorkerClient] = []
            for rival in rivals {
              let reply = try await rival.reply()
              let state = reply?.array?.first?.array?.first?.string
              if state == "held" { holders.append(rival) }
              let isTold = state == "lost" || reply?.errorMessage?.contains("held by another session") == true
              #expect(state == "held" || isTold, "\(round): \(String(describing: reply))")
            }
            #expect(holders.count == 1, "\(round)")
            #expect(try await second.info("permits_held") == 1)
            // It is the session's that was told so.
            let session = try #require(try await holders.first?.call("SESSION"))
            #expect(session["permits"] == .array([.bulk(Array(permit.utf8))]))
            #expect(try await holders.first?.call("CANCEL", permit) == .status("settled"))
          }
        }
      }
    }

    @Test func `a permit wanders from one to the next`() async throws {
      let domain = uniqueDomain("adopt")
      try await withDaemon(Self.limits, domain: domain) { first in
        try await withDaemon(Self.limits, domain: domain) { second in
          let (a, b) = (try await first.connect(), try await second.connect())
          let permit = try await Self.permits(1, of: a)[0]
          for connection in [b, a, b, a] {
            #expect(try await connection.call("ADOPT", permit).array?.first?.array?.first?.string == "held")
          }
          #expect(try await b.call("CANCEL", permit) == .status("settled"))
          #expect(try await a.call("ADOPT", permit).array?.first?.array?.first?.string == "gone")
        }
      }
    }

    @Test func `what was renewed is adopted after its first hold, and its slot stays taken`() async throws {
      let domain = uniqueDomain("adopt")
      try await withDaemon("slots: {concurrency: 1}", domain: domain) { first in
        try await withDaemon("slots: {concurrency: 1}", domain: domain) { second in
          let (old, new) = (try await first.connect(), try await second.connect())
          let permit = try #require(try await old.call(line: "ACQUIRE m HOLD 2000").permit)
          let end = ContinuousClock.now + .milliseconds(2_100)
          #expect(try await old.call("RENEW", permit, "HOLD", "600000") == .integer(1))
          try await Task.sleep(until: end)
          let adopted = try #require(try await new.call("ADOPT", permit).array?.first?.array)
          #expect(adopted.first?.string == "held" && adopted.last?.int ?? 0 > 0, "\(adopted)")
          #expect(try await new.call("RENEW", permit, "HOLD", "600000") == .integer(1))
          #expect(try await new.call("HELD", permit) == .integer(1))
          #expect(try await new.call(line: "ACQUIRE m").reason == "concurrency")
          #expect(try await new.call("CANCEL", permit) == .status("settled"))
        }
      }
    }

    @Test func `what has ended is told as lost, what is unknown as gone`() async throws {
      try await withDaemon(Self.limits) { daemon in
        let (dying, other) = (try await daemon.connect(), try await daemon.connect())
        let permit = try await Self.permits(1, of: dying)[0]
        await dying.close()
        try await eventually("it has ended") { try await daemon.info("permits_held") == 0 }
        try await eventually("Redis knows it") {
          try await other.call("ADOPT", permit, "s0/m.1.1")
            == .array([
              .array([.bulk(Array("lost".utf8)), .null]), .array([.bulk(Array("gone".utf8)), .null]),
            ])
        }
        #expect(try await other.call("SETTLE", permit, "INPUT", "1", "OUTPUT", "0") == .status("settled_late"))
      }
    }

    @Test func `nonsense, too much and what another connection holds are refused`() async throws {
      try await withDaemon(Self.limits) { daemon in
        let (holder, other) = (try await daemon.connect(), try await daemon.connect())
        let permit = try await Self.permits(1, of: holder)[0]
        for words in [
          [], ["nonsense"], ["/m.1.1"], ["s0/m"], [permit], ["s0/m.1.1", permit],
          Array(repeating: "s0/m.1.1", count: 65), [String(repeating: "x", count: 5_000)], [""],
        ] {
          let error = try await other.call(["ADOPT"] + words).errorMessage
          #expect(
            error?.hasPrefix("ERR ADOPT: ") == true || error?.hasPrefix("ERR expected") == true,
            "\(words): \(error ?? "none")")
        }
        #expect(
          try await holder.call("ADOPT", permit, permit).array?.compactMap { $0.array?.first?.string } == [
            "held", "held",
          ])
        #expect(try await daemon.info("permits_held") == 1)
        #expect(try await holder.call("CANCEL", permit) == .status("settled"))
      }
    }

    private static func permits(_ count: Int, of client: WorkerClient) async throws -> [String] {
      var permits: [String] = []
      for _ in 0..<count {
        permits.append(try #require(try await client.call(line: "ACQUIRE m RUN r HOLD 600000").permit))
      }
      return permits
    }
  }
}
