import Hiredis
import TestSupport
import Testing

extension WholeTests {
  /// Connections that end while replies are due.
  @Suite(.serialized) struct QuitTests {
    @Test func `QUIT is answered in its turn, and so is all that was asked before it`() async throws {
      try await withDaemon("slots: {concurrency: 1}") { daemon in
        let worker = try await daemon.connect()
        let permit = try #require(try await worker.call(line: "ACQUIRE m").permit)
        // Only Redis can tell what becomes of the permit.
        worker.send([["SETTLE", permit, "INPUT", "5", "OUTPUT", "1"], ["ECHO", "x"], ["QUIT"], ["ECHO", "late"]])
        #expect(try await worker.reply() == .status("settled"))
        #expect(try await worker.reply()?.string == "x")
        #expect(try await worker.reply() == .status("OK"))
        #expect(try await worker.reply() == nil)
      }
    }

    @Test func `a call that waits has its answer before QUIT has its own, and a tag's does not wait for either`()
      async throws
    {
      try await withDaemon("slots: {concurrency: 1}") { daemon in
        let (holder, worker) = (try await daemon.connect(), try await daemon.connect())
        let permit = try #require(try await holder.call(line: "ACQUIRE m").permit)
        worker.send([["ACQUIRE", "m", "WAIT", "60000"], ["TAG", "7", "LIMITS"], ["QUIT"], ["ACQUIRE", "m"]])
        #expect(try await worker.reply()?.array?.first == .integer(7))
        try await eventually("it waits") { try await daemon.info("waiting") == 1 }
        // What comes behind a QUIT is not read.
        worker.send("ACQUIRE", "m", "WAIT", "60000")
        #expect(try await holder.call("SETTLE", permit) == .status("settled"))
        #expect(try await worker.reply()?.isGranted == true)
        #expect(try await worker.reply() == .status("OK"))
        #expect(try await worker.reply() == nil)
        try await eventually("its permit ended with it") { try await daemon.info("permits_held") == 0 }
        #expect(try await daemon.info("granted") == 2)
      }
    }

    @Test func `a tagged call that waits is answered after QUIT, before the connection ends`() async throws {
      try await withDaemon("slots: {concurrency: 1}") { daemon in
        let (holder, worker) = (try await daemon.connect(), try await daemon.connect())
        let permit = try #require(try await holder.call(line: "ACQUIRE m").permit)
        worker.send([["TAG", "1", "ACQUIRE", "m", "WAIT", "60000"], ["QUIT"]])
        #expect(try await worker.reply() == .status("OK"))
        #expect(try await holder.call("SETTLE", permit) == .status("settled"))
        let answer = try await worker.reply()?.array
        #expect(answer?.first == .integer(1) && answer?.last?.isGranted == true)
        #expect(try await worker.reply() == nil)
      }
    }

    @Test func `a client that goes after its QUIT is not waited for`() async throws {
      try await withDaemon("slots: {concurrency: 1}") { daemon in
        let (holder, worker) = (try await daemon.connect(), try await daemon.connect())
        #expect(try await holder.call(line: "ACQUIRE m").isGranted)
        worker.send([["ACQUIRE", "m", "WAIT", "600000"], ["QUIT"]])
        try await eventually("it waits") { try await daemon.info("waiting") == 1 }
        await worker.close()
        try await eventually("nobody waits") { try await daemon.info("waiting") == 0 }
        try await eventually("it has gone") { try await daemon.info("connected_clients") == 2 }
      }
    }

    @Test func `what is no protocol is told in its turn, behind the answers to what was`() async throws {
      try await withDaemon("slots: {concurrency: 1}") { daemon in
        let worker = try await daemon.connect()
        worker.send(raw: "*1\r\n$6\r\nLIMITS\r\n*2\r\n$4\r\nECHO\r\n$1\r\nx\r\nnonsense\r\n*1\r\n$4\r\nPING\r\n")
        #expect(try await worker.reply()?.array?.count == 1)
        #expect(try await worker.reply()?.string == "x")
        #expect(try await worker.reply()?.errorMessage?.hasPrefix("ERR Protocol error") == true)
        #expect(try await worker.reply() == nil)
      }
    }
  }
}
