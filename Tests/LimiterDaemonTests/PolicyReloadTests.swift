import Hiredis
import LimiterCore
import TestSupport
import Testing

@testable import LimiterDaemon

extension WholeTests {
  @Suite(.serialized) struct PolicyReloadTests {
    @Test func `a lowered limit counts from the next decision on`() async throws {
      try await withDaemon("tokens: {tokens: 1000/1h}") { daemon in
        let worker = try await daemon.connect()
        #expect(try await worker.call(line: "ACQUIRE m TOKENS 100 HOLD 0").isGranted)
        try await daemon.daemon.reload(try TestPolicy.parse("tokens: {tokens: 50/1h}", domain: daemon.domain))
        let denied = try await worker.call(line: "ACQUIRE m TOKENS 1 HOLD 0")
        #expect(denied.reason == "window")
        #expect(denied["allowed"] == .integer(50))
        #expect(denied["remaining"] == .integer(0))
      }
    }

    @Test func `a raised limit wakes who waits`() async throws {
      try await withDaemon("tokens: {tokens: 10/30s}\nslots: {concurrency: 100}") { daemon in
        let worker = try await daemon.connect()
        #expect(try await worker.call(line: "ACQUIRE m TOKENS 10").isGranted)
        worker.send((1...20).map { ["TAG", "\($0)", "ACQUIRE", "m", "TOKENS", "5", "WAIT", "60000"] })
        try await eventually("they wait") { try await daemon.info("waiting") == 20 }
        let start = ContinuousClock.now
        try await daemon.daemon.reload(
          try TestPolicy.parse("tokens: {tokens: 110/30s}\nslots: {concurrency: 100}", domain: daemon.domain))
        var tags: [Int64] = []
        for _ in 1...20 {
          let pair = try #require(try await worker.reply()?.array)
          #expect(pair[1].isGranted)
          tags.append(pair[0].int ?? 0)
        }
        #expect(tags == Array(1...20))
        #expect(ContinuousClock.now - start < .seconds(10))
      }
    }

    @Test func `a call whose model has gone is told, and another domain is refused`() async throws {
      try await withDaemon("slots: {concurrency: 1}") { daemon in
        let worker = try await daemon.connect()
        #expect(try await worker.call(line: "ACQUIRE n").isGranted)
        worker.send("TAG", "1", "ACQUIRE", "n", "WAIT", "60000")
        try await eventually("it waits") { try await daemon.info("waiting") == 1 }
        var policy = try TestPolicy.parse("slots: {concurrency: 1}", domain: daemon.domain)
        policy.models["n"] = nil
        try await daemon.daemon.reload(policy)
        #expect(try await worker.reply()?.array?[1].errorMessage?.contains("no model `n`") == true)
        policy.domain = "other"
        let other = policy
        await #expect(throws: DaemonError.self) { try await daemon.daemon.reload(other) }
        #expect(try await worker.call(line: "ACQUIRE m").reason == "concurrency")
      }
    }

    @Test func `no decision is lost while policies change under load`() async throws {
      try await withDaemon("tokens: {tokens: 1000000/1h}") { daemon in
        try await withThrowingTaskGroup(of: Int.self) { group in
          for _ in 0..<8 {
            group.addTask {
              let worker = try await daemon.connect()
              let (rounds, depth) = (40, 50)
              var granted = 0
              for _ in 0..<rounds {
                worker.send(Array(repeating: ["ACQUIRE", "m", "TOKENS", "1", "HOLD", "0"], count: depth))
                for _ in 0..<depth {
                  let reply = try #require(try await worker.reply())
                  #expect(reply.isGranted || reply.reason == "window")
                  if reply.isGranted { granted += 1 }
                }
              }
              return granted
            }
          }
          group.addTask {
            for round in 0..<20 {
              let amount = round % 2 == 0 ? 1 : 1_000_000
              try await daemon.daemon.reload(
                try TestPolicy.parse("tokens: {tokens: \(amount)/1h}", domain: daemon.domain))
            }
            return 0
          }
          let granted = try await group.reduce(0, +)
          let used = try await daemon.connect().call(line: "LIMITS").array?.first?["used"]
          #expect(used == .integer(Int64(granted)))
          #expect(try await daemon.info("decisions") == 8 * 40 * 50)
        }
      }
    }
  }
}
