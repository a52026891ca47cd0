import Hiredis
import TestSupport
import Testing

extension WholeTests {
  @Suite(.serialized) struct SessionTests {
    @Test func `a connection that closes gives its slots back at once, and its waiters leave`() async throws {
      try await withDaemon("slots: {concurrency: 2}") { daemon in
        let (dying, waiter) = (try await daemon.connect(), try await daemon.connect())
        for _ in 0..<2 { #expect(try await dying.call(line: "ACQUIRE m").isGranted) }
        dying.send("ACQUIRE", "m", "WAIT", "20000")
        try await eventually("one waits") { try await daemon.info("waiting") == 1 }
        waiter.send([["ACQUIRE", "m", "WAIT", "20000"], ["ACQUIRE", "m", "WAIT", "20000"]])
        try await eventually("three wait") { try await daemon.info("waiting") == 3 }
        let clock = ContinuousClock()
        let start = clock.now
        await dying.close()
        #expect(try await waiter.reply()?.isGranted == true)
        #expect(try await waiter.reply()?.isGranted == true)
        print("slots of a closed connection were taken after \(clock.now - start)")
        #expect(try await daemon.info("permits_held") == 2)
        #expect(try await daemon.info("abandoned") == 2)
      }
    }

    @Test func `a named session keeps its permits over a disconnect`() async throws {
      try await withDaemon("slots: {concurrency: 1}") { daemon in
        let first = try await daemon.connect()
        #expect(try await first.call(line: "SESSION worker-1 GRACE 60000")["name"]?.string == "worker-1")
        let granted = try await first.call(line: "ACQUIRE m ID op")
        let permit = try #require(granted.permit)
        await first.close()
        try await eventually("it is detached") { try await daemon.info("connected_clients") == 1 }
        #expect(try await daemon.info("permits_held") == 1)
        let second = try await daemon.connect()
        let session = try await second.call(line: "SESSION worker-1 GRACE 60000")
        #expect(session["permits"] == .array([.bulk(Array(permit.utf8))]))
        // What was answered on the way is answered again.
        #expect(try await second.call(line: "ACQUIRE m ID op") == granted)
        #expect(try await second.call("SETTLE", permit) == .status("settled"))
      }
    }

    @Test func `a name that looks like another session's id is that session's still`() async throws {
      try await withDaemon("slots: {concurrency: 1}") { daemon in
        let first = try await daemon.connect()
        let session = try await first.call(line: "SESSION w9 GRACE 60000")
        #expect(session["name"]?.string == "w9")
        for _ in 0..<12 { _ = try await daemon.connect().call("PING") }
        await first.close()
        let second = try await daemon.connect()
        #expect(try await second.call(line: "SESSION w9")["id"] == session["id"])
      }
    }

    @Test func `a permit that is not settled in its time is counted as abandoned`() async throws {
      try await withDaemon("slots: {concurrency: 1}") { daemon in
        #expect(try await daemon.connect().call(line: "ACQUIRE m HOLD 100").isGranted)
        try await eventually("its time is over") { try await daemon.info("abandoned") == 1 }
        #expect(try await daemon.info("permits_held") == 0)
      }
    }

    /// As texts they are the same: an é in one character, and in two.
    @Test func `names that differ in their bytes are two, of sessions and of operations`() async throws {
      let (one, two) = ("caf\u{E9}", "cafe\u{301}")
      try await withDaemon("slots: {concurrency: 4}") { daemon in
        let (first, second) = (try await daemon.connect(), try await daemon.connect())
        #expect(try await first.call("SESSION", one)["name"]?.bytes == Array(one.utf8))
        #expect(try await second.call("SESSION", two)["name"]?.bytes == Array(two.utf8))
        let permits = [
          try #require(try await first.call("ACQUIRE", "m", "ID", one).permit),
          try #require(try await first.call("ACQUIRE", "m", "ID", two).permit),
          try #require(try await second.call("ACQUIRE", "m", "ID", one).permit),
        ]
        #expect(Set(permits).count == 3)
        #expect(try await first.call("PERMITS", one).array?.count == 2)
        #expect(try await first.call("PERMITS", two).array?.count == 1)
        // While they wait, too.
        #expect(try await second.call("ACQUIRE", "m").isGranted)
        first.send("TAG", "1", "ACQUIRE", "m", "WAIT", "60000", "ID", "w" + one)
        first.send("TAG", "2", "ACQUIRE", "m", "WAIT", "60000", "ID", "w" + two)
        try await eventually("both wait") { try await daemon.info("waiting") == 2 }
        #expect(try await first.call("SESSION", two).errorMessage?.contains("another name already") == true)
      }
    }

    @Test func `a session's name forges neither a line nor a field of CLIENT LIST`() async throws {
      try await withDaemon("slots: {concurrency: 1}") { daemon in
        let worker = try await daemon.connect()
        #expect(try await worker.call("SESSION", "a\nid=99 addr=unix").errorMessage == nil)
        let list = try #require(try await worker.call("CLIENT", "LIST").string)
        #expect(list.split(separator: "\n").count == 1, "\(list)")
        #expect(list.contains(" session=a?id=99?addr=unix permits=0 "), "\(list)")
      }
    }

    @Test func `a grace stays until another one is said`() async throws {
      try await withDaemon("slots: {concurrency: 1}") { daemon in
        let first = try await daemon.connect()
        #expect(try await first.call(line: "SESSION worker-1")["grace_ms"] == .integer(10_000))
        #expect(try await first.call(line: "SESSION worker-1 GRACE 60000")["grace_ms"] == .integer(60_000))
        #expect(try await first.call(line: "SESSION worker-1")["grace_ms"] == .integer(60_000))
        // Over a disconnect and a takeover, too.
        await first.close()
        let second = try await daemon.connect()
        #expect(try await second.call(line: "SESSION worker-1")["grace_ms"] == .integer(60_000))
        let third = try await daemon.connect()
        #expect(try await third.call(line: "SESSION worker-1")["grace_ms"] == .integer(60_000))
        #expect(try await third.call(line: "SESSION worker-1 GRACE 0")["grace_ms"] == .integer(0))
      }
    }

    @Test func `a named session that does not come back ends after its grace`() async throws {
      try await withDaemon("slots: {concurrency: 1}") { daemon in
        let (first, waiter) = (try await daemon.connect(), try await daemon.connect())
        _ = try await first.call(line: "SESSION worker-1 GRACE 100")
        #expect(try await first.call(line: "ACQUIRE m").isGranted)
        waiter.send("ACQUIRE", "m", "WAIT", "20000")
        try await eventually("it waits") { try await daemon.info("waiting") == 1 }
        await first.close()
        #expect(try await waiter.reply()?.isGranted == true)
      }
    }

    @Test func `a second connection takes a named session over, and the first one is told`() async throws {
      try await withDaemon("slots: {concurrency: 1}") { daemon in
        let (older, newer) = (try await daemon.connect(), try await daemon.connect())
        _ = try await older.call(line: "SESSION worker-1")
        let permit = try #require(try await older.call(line: "ACQUIRE m").permit)
        older.send("TAG", "1", "ACQUIRE", "m", "WAIT", "20000")
        try await eventually("it waits") { try await daemon.info("waiting") == 1 }
        #expect(try await newer.call(line: "SESSION worker-1")["permits"] == .array([.bulk(Array(permit.utf8))]))
        #expect(try await older.reply()?.array?[1].errorMessage?.hasPrefix("TAKENOVER") == true)
        #expect(try await older.call("PING").errorMessage?.hasPrefix("TAKENOVER") == true)
        #expect(try await older.call("PING") == .status("PONG"))
        #expect(try await daemon.info("failed") == 0, "Redis has nothing to do with it")
        #expect(try await daemon.info("withdrawn") == 1)
        // The older connection's end is not the session's.
        await older.close()
        try await eventually("it is closed") { try await daemon.info("connected_clients") == 2 }
        #expect(try await daemon.info("permits_held") == 1)
        #expect(try await newer.call(line: "SESSION other").errorMessage?.contains("another name") == true)
      }
    }

    @Test func `FORGET withdraws a call that waits, and tells when it is too late`() async throws {
      try await withDaemon("slots: {concurrency: 1}") { daemon in
        let (worker, other) = (try await daemon.connect(), try await daemon.connect())
        let permit = try #require(try await worker.call(line: "ACQUIRE m ID first").permit)
        #expect(try await worker.call("HELD", permit) == .integer(1))
        #expect(try await worker.call(line: "FORGET first") == .integer(0))
        worker.send("TAG", "1", "ACQUIRE", "m", "WAIT", "20000", "ID", "second")
        try await eventually("it waits") { try await daemon.info("waiting") == 1 }
        // Another session's name is another call.
        #expect(try await other.call(line: "FORGET second") == .integer(0))
        worker.send("TAG", "2", "FORGET", "second")
        let answers = [try await worker.reply()?.array, try await worker.reply()?.array]
        #expect(answers[0]?.first == .integer(1) && answers[0]?.last?.errorMessage?.hasPrefix("FORGOTTEN") == true)
        #expect(answers[1] == [.integer(2), .integer(1)])
        #expect(try await daemon.info("waiting") == 0)
        #expect(try await worker.call("CANCEL", permit) == .status("settled"))
        #expect(try await worker.call("HELD", permit) == .integer(0))
        #expect(try await other.call(line: "ACQUIRE m").isGranted)
      }
    }

    @Test func `DETAILS tells what a client library needs`() async throws {
      try await withDaemon("tokens: {tokens: 100/1h}\nday: {budget: 1 USD/day}\nslots: {concurrency: 1}") { daemon in
        let worker = try await daemon.connect()
        let granted = try await worker.call(line: "ACQUIRE m INPUT 60 DETAILS")
        let limits = (granted["limits"]?.array ?? []).compactMap(\.array)
        try #require(limits.count == 3)
        #expect(limits.map { $0[4].string } == ["window", "budget", "concurrency"])
        #expect(limits.map { $0[5].int } == [3_600_000_000, nil, nil])
        #expect(limits[1][5].string?.count == 10)
        #expect(granted["price"] == .array([.integer(1_000_000_000), .integer(2_000_000_000)]))
        let denied = try await worker.call(line: "ACQUIRE m INPUT 60 DETAILS")
        let (decided, retry) = (try #require(denied["decided_at_us"]?.int), try #require(denied["retry_at_us"]?.int))
        #expect(retry > decided)
        #expect(try await worker.call(line: "ACQUIRE m INPUT 60")["decided_at_us"] == nil)
      }
    }

    @Test func `RESET begins anew`() async throws {
      try await withDaemon("slots: {concurrency: 1}") { daemon in
        let worker = try await daemon.connect()
        #expect(try await worker.call(line: "ACQUIRE m").isGranted)
        #expect(try await worker.call("RESET") == .status("RESET"))
        #expect(try await worker.call(line: "ACQUIRE m WAIT 20000").isGranted)
      }
    }
  }
}
