import Hiredis
import LimiterCore
import SeededRandom
import TestSupport
import Testing

@testable import LimiterDaemon

extension WholeTests {
  /// The order of many waiters.
  @Suite(.serialized) struct QueueTests {
    @Test func `ten thousand tagged calls of one connection are answered by rank`() async throws {
      let count = 10_000
      var generator = SeededGenerator(for: "tagged waiters")
      let priorities = (0..<count).map { _ in Int.random(in: 1...10, using: &generator) }
      try await withDaemon("slots: {concurrency: 50}") { daemon in
        let (holder, worker) = (try await daemon.connect(), try await daemon.connect())
        var permits: [String] = []
        for _ in 0..<50 { permits.append(try #require(try await holder.call(line: "ACQUIRE m").permit)) }
        worker.send(
          priorities.enumerated().map { tag, priority in
            ["TAG", "\(tag)", "ACQUIRE", "m", "PRIORITY", "\(priority)", "WAIT", "600000"]
          })
        try await eventually("all wait") { try await daemon.info("waiting") == count }
        let start = ContinuousClock.now
        holder.send(permits.map { ["SETTLE", $0] })
        var order: [Int] = []
        while order.count < count {
          let reply = try #require(try await worker.reply()?.array)
          let (tag, answer) = (try #require(reply[0].int), reply[1])
          guard tag < count else {
            #expect(answer == .status("settled"))
            continue
          }
          order.append(Int(tag))
          let permit = try #require(answer.permit)
          worker.send("TAG", "\(count + order.count)", "SETTLE", permit)
        }
        print("\(count) tagged waiters were admitted one after the other in \(ContinuousClock.now - start)")
        let expected = priorities.indices.sorted { (priorities[$0], $0) < (priorities[$1], $1) }
        #expect(order == expected)
      }
    }

    @Test func `a thousand waiting connections are answered by rank`() async throws {
      let count = 1_000
      _ = ProcessFacts.raiseFileLimit()
      var generator = SeededGenerator(for: "waiting connections")
      let priorities = (0..<count).map { _ in Int.random(in: 1...10, using: &generator) }
      try await withDaemon("slots: {concurrency: 1}") { daemon in
        let holder = try await daemon.connect()
        let permit = try #require(try await holder.call(line: "ACQUIRE m").permit)
        let answers = Recorder<(worker: Int, grantedAt: Int64)>()
        try await withThrowingTaskGroup(of: Void.self) { group in
          for (index, priority) in priorities.enumerated() {
            let worker = try await daemon.connect()
            worker.send("ACQUIRE", "m", "PRIORITY", "\(priority)", "WAIT", "600000")
            // One after the other: the order of arrival is part of the rank.
            if index % 100 == 99 {
              try await eventually("they wait") { try await daemon.info("waiting") == index + 1 }
            } else {
              worker.send("PING")
            }
            group.addTask {
              let reply = try #require(try await worker.reply(within: .seconds(120)))
              answers.record((index, try #require(reply["granted_at_us"]?.int)))
              _ = try await worker.call("SETTLE", try #require(reply.permit))
            }
          }
          try await eventually("all wait") { try await daemon.info("waiting") == count }
          #expect(try await holder.call("SETTLE", permit) == .status("settled"))
          try await group.waitForAll()
        }
        let order = answers.elements.sorted { $0.grantedAt < $1.grantedAt }.map { priorities[$0.worker] }
        // Which of two connections came first is the kernel's to say; their classes are not.
        #expect(order == priorities.sorted())
      }
    }

    @Test func `two daemons on one Redis share a limit exactly`() async throws {
      let policy = "tokens: {tokens: 1000/1h}\nslots: {concurrency: 7}"
      try await withDaemon(policy) { first in
        try await withDaemon(policy, domain: first.domain) { second in
          let granted = try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<8 {
              group.addTask {
                let worker = try await (index % 2 == 0 ? first : second).connect()
                var granted = 0
                while true {
                  let reply = try await worker.call(line: "ACQUIRE m TOKENS 3 WAIT 10000")
                  guard let permit = reply.permit else {
                    #expect(reply.reason == "window", "\(reply)")
                    return granted
                  }
                  granted += 1
                  #expect(try await worker.call("SETTLE", permit) == .status("settled"))
                }
              }
            }
            return try await group.reduce(0, +)
          }
          #expect(granted == 333)
        }
      }
    }
  }
}
