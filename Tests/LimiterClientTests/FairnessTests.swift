import LimiterCore
import TestSupport
import Testing

@testable import LimiterClient

extension ClientTests {
  /// One tenant asks for all there is; another one comes a little later.
  @Suite struct FairnessTests {
    @Test func aTenantThatFloodsKeepsNobodyWaiting() async throws {
      // The flood's ninety calls are nine seconds' work.
      let (small, flood) = try await ends("fair: {per: tenant, requests: 1000000/1m}")
      print("fair: the small tenant was done before \(small) of 90 calls of the flood")
      #expect(small <= 35)
      #expect(flood == 90)
    }

    @Test func withoutFairnessWhoComesFirstIsServedFirst() async throws {
      let (small, _) = try await ends("own: {per: run, requests: 1000000/1m}")
      #expect(small >= 85)
    }

    /// A newcomer stands where its tenant's turn is: of the flood's next call all its others stay ahead, though their turns are later than now; of another
    /// tenant's, at most the first.
    @Test func explainTellsHowManyAreAheadOfATenantsNextCall() async throws {
      let domain = Domain([], on: try await SharedRedis.url)
      let limits = ["slots: {concurrency: 1}", "fair: {per: tenant, requests: 1000000/1m}"]
      let served = try await ServedLimiterd(domain: domain.name, redis: domain.url, limits: limits)
      @Sendable func call(_ tenant: String) -> AdmissionRequest { AdmissionRequest(model: "m", tenant: tenant) }
      try await LimiterClient.withClient(.limiterd(.test(served.socket)), logger: .quiet) { limiter in
        let held = try await limiter.permit(call("flood"))
        let waiting = (0..<9).map { _ in Task { try await limiter.permit(call("flood"), waitingUpTo: .seconds(600)) } }
        func ahead(of tenant: String) async throws -> Int {
          let limits = try await limiter.explain(call(tenant)).limits
          return try #require(limits.first { $0.status.limit == LimitID(rule: "slots") }).waitingAhead
        }
        try await eventually("all are ahead of the flood's next call") { try await ahead(of: "flood") == 9 }
        #expect(try await ahead(of: "small") <= 1)
        waiting.forEach { $0.cancel() }
        for task in waiting { _ = await task.result }
        try await limiter.cancel(held)
      }
      await served.end(15)
    }

    /// How many calls of the flood were granted before the last of the small tenant's ten, and in all.
    private func ends(_ rule: String) async throws -> (before: Int, all: Int) {
      let domain = Domain([], on: try await SharedRedis.url)
      let served = try await ServedLimiterd(
        domain: domain.name, redis: domain.url, limits: ["shared: {requests: 10/1s}", rule])
      return try await LimiterClient.withClient(.limiterd(.test(served.socket)), logger: .quiet) { limiter in
        @Sendable func times(_ tenant: String, _ count: Int) async throws -> [Int64] {
          try await withThrowingTaskGroup(of: Int64.self) { group in
            for _ in 0..<count {
              group.addTask {
                var asked = call(run: "r")
                asked.tenant = tenant
                let permit = try await limiter.permit(asked, waitingUpTo: .seconds(60))
                try await limiter.settle(permit, .unknown)
                return permit.grantedAt.microseconds
              }
            }
            return try await group.reduce(into: []) { $0.append($1) }
          }
        }
        async let flood = times("flood", 90)
        try await eventually("the flood waits") { await limiter.waiting >= 70 }
        let small = try await times("small", 10).max() ?? 0
        let all = try await flood
        return (all.count { $0 < small }, all.count)
      }
    }
  }
}
