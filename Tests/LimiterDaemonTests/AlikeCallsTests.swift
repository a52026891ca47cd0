import Hiredis
import SeededRandom
import TestSupport
import Testing

extension WholeTests {
  /// Calls that are decided as one must be told what each would be told alone.
  @Suite(.serialized) struct AlikeCallsTests {
    @Test func `as many are granted as fit, whatever the chunks`() async throws {
      var generator = SeededGenerator(for: "alike calls")
      for _ in 0..<6 {
        let limit = Int64.random(in: 1...2_000, using: &generator)
        let amount = Int64.random(in: 1...7, using: &generator)
        let count = Int.random(in: 1...1_500, using: &generator)
        try await withDaemon("tokens: {tokens: \(limit)/1h}") { daemon in
          let worker = try await daemon.connect()
          worker.send(Array(repeating: ["ACQUIRE", "m", "TOKENS", "\(amount)", "HOLD", "0"], count: count))
          var granted: Int64 = 0
          var isTrue = true
          for _ in 0..<count {
            let reply = try #require(try await worker.reply())
            if reply.isGranted {
              granted += 1
              isTrue = isTrue && reply["limits"]?.array?.first?.array?[2] == .integer(amount)
            } else {
              // What is told of a denial is true of this one call.
              let used = try #require(reply["used"]?.int)
              isTrue = isTrue && used + amount > limit && used <= limit && reply["allowed"] == .integer(limit)
            }
          }
          #expect(isTrue, "limit \(limit), amount \(amount), count \(count)")
          #expect(granted == min(Int64(count), limit / amount), "limit \(limit), amount \(amount), count \(count)")
        }
      }
    }

    @Test func `over two daemons, a window is used up exactly and never passed`() async throws {
      try await withDaemon("calls: {requests: 5000/1h}") { first in
        try await withDaemon("calls: {requests: 5000/1h}", domain: first.domain) { second in
          let granted = try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<6 {
              group.addTask {
                let worker = try await (index % 2 == 0 ? first : second).connect()
                var granted = 0
                for _ in 0..<10 {
                  worker.send(Array(repeating: ["ACQUIRE", "m", "HOLD", "0"], count: 100))
                  for _ in 0..<100 where try await worker.reply()?.isGranted == true { granted += 1 }
                }
                return granted
              }
            }
            return try await group.reduce(0, +)
          }
          #expect(granted == 5_000)
          let used = try await first.connect().call("LIMITS").array?.first?["used"]
          #expect(used == .integer(5_000))
        }
      }
    }

    @Test func `a call that waits is not overtaken by those that do not`() async throws {
      try await withDaemon("tokens: {tokens: 100/2s}") { daemon in
        let (waiter, other) = (try await daemon.connect(), try await daemon.connect())
        #expect(try await other.call(line: "ACQUIRE m TOKENS 60 HOLD 0").isGranted)
        waiter.send([["ACQUIRE", "m", "TOKENS", "90", "WAIT", "60000"]])
        let isGranted = Recorder<Bool>()
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { isGranted.record(try await waiter.reply()?.isGranted == true) }
          // Without an end of this, it would starve.
          while isGranted.elements.isEmpty {
            other.send(Array(repeating: ["ACQUIRE", "m", "TOKENS", "20", "HOLD", "0"], count: 10))
            for _ in 0..<10 { _ = try await other.reply() }
          }
          try await group.waitForAll()
        }
        #expect(isGranted.elements == [true])
      }
    }
  }
}
