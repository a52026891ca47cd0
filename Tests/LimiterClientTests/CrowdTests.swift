@testable import LimiterClient
import LimiterCore
import TestSupport
import Testing

extension ClientTests {
  /// Who waits and who holds, on all hosts: two limiterds, and a process that asks Redis itself.
  @Suite struct CrowdTests {
    @Test func everyHostTellsWhoHoldsAndWhoIsAheadOnAll() async throws {
      let domain = uniqueDomain("crowd")
      let url = try await SharedRedis.url
      let limits = ["slots: {concurrency: 2}"]
      let first = try await ServedLimiterd(domain: domain, redis: url, limits: limits)
      let second = try await ServedLimiterd(domain: domain, redis: url, limits: limits)
      let policy = Policy(
        domain: domain, models: ["m": Model(provider: "mine")],
        limits: [LimitRule(name: "slots", kind: .concurrency(permits: 2))])
      @Sendable func call(_ priority: Int) -> AdmissionRequest { AdmissionRequest(model: "m", priority: priority) }
      try await LimiterClient.withClient(.limiterd(socket: first.socket)) { one in
        try await LimiterClient.withClient(.limiterd(socket: second.socket)) { two in
          try await LimiterClient.withClient(try .redis(url: url, policy: policy)) { direct in
            let held = [try await one.acquire(call(5)).permit, try await two.acquire(call(5)).permit]
            let waiting = [(one, 3), (one, 3), (one, 9), (two, 4)].map { client, priority in
              Task { try await client.acquire(call(priority), waitingUpTo: .seconds(600)) }
            }
            for (name, client) in [("limiterd 1", one), ("limiterd 2", two), ("direct", direct)] {
              try await eventually("\(name) knows all that wait") {
                try await client.waiting().flatMap(\.waiters).map { 1 + $0.followers.count }.reduce(0, +) == 4
              }
              let crowd = try #require(try await client.waiting().first)
              #expect(crowd.limit == LimitID(rule: "slots") && crowd.waiters.count == 2)
              #expect(crowd.waiters.map(\.followers.count) == [2, 0], "the first has the best one")
              #expect(crowd.waiters.allSatisfy { $0.model == "m" && $0.who == "limiterd" && $0.amount == 1 })
              #expect(crowd.waiters[0].rank < crowd.waiters[1].rank)
              for (priority, ahead) in [(1, 0), (5, 3), (10, 4)] {
                let limit = try #require(try await client.explain(call(priority)).limits.first)
                #expect(limit.waitingAhead == ahead, "\(name), priority \(priority)")
                #expect(limit.holders.map(\.slots) == [1, 1] && Set(limit.holders.map(\.session)).count == 2)
              }
            }
            waiting.forEach { $0.cancel() }
            for task in waiting { _ = await task.result }
            for permit in held.compactMap({ $0 }) { _ = try await one.abandon(permit) }
            try await eventually("nobody waits") { try await direct.waiting().isEmpty }
          }
        }
      }
      await first.end(15)
      await second.end(15)
    }
  }
}
