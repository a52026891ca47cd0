import Hiredis
import LimiterDaemon
import PrivateRedis
import SeededRandom
import TestSupport
import Testing

@testable import LimiterClient
import LimiterCore

extension ClientTests {
  /// What only a client of limiterd has: one connection that may break, and a limiterd that may go.
  @Suite struct SidecarTests {
    @Test func bothKindsGiveTheSamePermitAndTheSameDenial() async throws {
      let domain = Domain(TestPolicy.roomy + [TestPolicy.dayBudget(100_000)], on: try await SharedRedis.url)
      let permits = Recorder<Permit>()
      let denials = Recorder<Denial>()
      for kind in Kind.allCases {
        try await domain.withClient(kind) { limiter in
          let permit = try await limiter.permit()
          denials.record(try await limiter.denial(call(tokens: 99_990)))
          permits.record(permit)
          #expect(try await limiter.cancel(permit) == .settled)
        }
      }
      // What was used at the grant is known to who asks Redis: to the process itself, or to limiterd.
      let (one, two) = (permits.elements[0].withoutUsage, permits.elements[1].withoutUsage)
      #expect(one.reservations == two.reservations)
      #expect((one.model, one.inputPrice, one.outputPrice) == (two.model, two.inputPrice, two.outputPrice))
      #expect(abs((one.validUntil - two.validUntil) / .seconds(1)) < 60)
      var denial = denials.elements[0]
      denial.decidedAt = denials.elements[1].decidedAt
      #expect(denial == denials.elements[1])
      #expect(denial.reason == .budget)
    }

    @Test(arguments: Kind.allCases) func whatAProviderSaysIsTakenWhateverItsNumbersAre(_ kind: Kind) async throws {
      let domain = Domain(TestPolicy.roomy, on: try await SharedRedis.url)
      try await domain.withClient(kind) { limiter in
        let permit = try await limiter.permit()
        let view = ProviderView([
          .init(.requests, limit: 500, remaining: 100),
          .init(.requests, limit: 10_000, remaining: 9, reset: .seconds(-1)),
          .init(.tokens, limit: -1, remaining: .max, reset: .seconds(1_000_000_000_000)),
          .init(.inputTokens, limit: .max, remaining: -1), .init(.nanodollars, remaining: 1),
        ])
        _ = try await limiter.observe(permit, view)
        #expect(try await limiter.cancel(permit) == .settled)
      }
    }

    @Test func whatOneKindGotTheOtherSettles() async throws {
      let domain = Domain(TestPolicy.roomy, on: try await SharedRedis.url)
      try await domain.withKeys { keys in
        try await domain.withClient(.limiterd) { sidecar in
          try await domain.withClient(.redis) { direct in
            let one = try await sidecar.permit()
            #expect(try await direct.settle(one, Usage(inputTokens: 3, outputTokens: 1)) == .settled)
            let two = try await direct.permit()
            #expect(try await sidecar.settle(two, Usage(inputTokens: 3, outputTokens: 1)) == .settled)
            #expect(try await keys.counter("budget:run:r:all") == 10)
            #expect(try await keys.window("tokens") == 8)
            #expect(try await keys.leftovers() == [])
          }
        }
      }
    }

    @Test(arguments: Kind.allCases) func explainTellsWhyACallWouldWait(_ kind: Kind) async throws {
      try await withDomain(kind, [TestPolicy.slots(1), TestPolicy.tokens(100), TestPolicy.dayBudget(1_000)]) {
        limiter, keys, _ in
        #expect(try await !limiter.explain(call()).wouldWait)
        let permit = try await limiter.permit(call(tokens: 95))
        let names = try await keys.names()
        let explained = try await limiter.explain(call())
        #expect(explained.wouldWait)
        #expect(explained.limits.map(\.status.limit.rawValue) == ["slots", "tokens", "day"])
        #expect(explained.limits.map(\.fits) == [false, false, true])
        #expect(explained.limits.map(\.needed) == [1, 10, 14])
        #expect(explained.limits[0].roomAfter == nil && explained.limits[2].roomAfter == .zero)
        #expect(try #require(explained.limits[1].roomAfter) <= .seconds(60))
        #expect(try await keys.names() == names)
        try await limiter.cancel(permit)
      }
    }

    /// Nobody waits for money, so what is told must be what happens.
    @Test(arguments: Kind.allCases) func explainTellsThatABudgetDeniesAtOnceAndWhatHelps(_ kind: Kind) async throws {
      @Sendable func call(tokens: Int64, run: String, cost: Int64) -> AdmissionRequest {
        var request = AdmissionRequest(model: "m", tokens: tokens, run: run)
        request.amounts.nanodollars = cost
        return request
      }
      try await withDomain(kind, [TestPolicy.tokens(100), TestPolicy.dayBudget(1_000), TestPolicy.runBudget(100)]) {
        limiter, _, _ in
        func check(_ call: AdmissionRequest, _ reason: Denial.Reason?, _ words: String = "") async throws {
          let explained = try await limiter.explain(call)
          #expect(explained.denial?.reason == reason && !explained.wouldWait, "\(explained)")
          guard let told = explained.denial else { return #expect(explained.isAdmitted) }
          #expect(told.description.contains(words), "\(told)")
          let denied = try await limiter.denial(call, waitingUpTo: .seconds(3_600))
          #expect((denied.limit, denied.reason) == (told.limit, told.reason))
          #expect((denied.used, denied.allowed) == (told.used, told.allowed))
          #expect(denied.retry == told.retry)
        }
        try await check(call(tokens: 10, run: "a", cost: 100), nil)
        try await check(call(tokens: 10, run: "a", cost: 101), .tooLarge)
        let permit = try await limiter.permit(call(tokens: 10, run: "a", cost: 95))
        try await check(call(tokens: 10, run: "a", cost: 6), .budget, "`limiterctl budget adjust`")
        // A full window does not make it wait.
        try await check(call(tokens: 95, run: "a", cost: 6), .budget)
        try await check(call(tokens: 10, run: "b", cost: 95), nil)
        for run in 0..<9 { _ = try await limiter.permit(call(tokens: 1, run: "r\(run)", cost: 100)) }
        try await check(call(tokens: 1, run: "z", cost: 10), .budget, "in its next period")
        // Where there is money, it waits for the window.
        #expect(try await limiter.explain(call(tokens: 90, run: "z", cost: 4)).wouldWait)
        try await limiter.cancel(permit)
      }
    }

    @Test func twoThousandWaitersOnOneConnectionComeInTheOrderOfTheirRank() async throws {
      let count = 2_000
      var random = SeededGenerator(for: "two thousand waiters")
      let priorities = (0..<count).map { _ in Int.random(in: 1...10, using: &random) }
      try await withDomain(.limiterd, [TestPolicy.slots(1)]) { limiter, keys, _ in
        let blocker = try await limiter.permit()
        let order = Recorder<Int>()
        try await withThrowingTaskGroup(of: Void.self) { group in
          for (number, priority) in priorities.enumerated() {
            group.addTask {
              let permit = try await limiter.permit(call(priority: priority), waitingUpTo: .seconds(600))
              order.record(number)
              try await limiter.settle(permit, .unknown)
            }
            // One after the other: their order is that of their arrival.
            try await eventually("it is asked for") { await limiter.waiting == number + 1 }
          }
          try await limiter.settle(blocker, .unknown)
          try await group.waitForAll()
        }
        #expect(order.elements == priorities.indices.sorted { (priorities[$0], $0) < (priorities[$1], $1) })
        #expect(try await keys.leftovers() == [])
      }
    }

    @Test func withoutALimiterdACallSaysWhereItWasLookedForAndHowToStartIt() async throws {
      var settings = SidecarSettings.test("/tmp/no-such-limiterd.sock")
      settings.patience = .milliseconds(300)
      try await LimiterClient.withClient(.limiterd(settings), logger: .quiet) { limiter in
        let error = try await limiterError { _ = try await limiter.acquire(call(), waitingUpTo: .zero) }
        #expect(error.code == .limiterdUnavailable)
        #expect(error.description.contains("/tmp/no-such-limiterd.sock"), "\(error)")
        #expect(
          error.description.contains("limiterd serve --config limiterd.yaml --socket /tmp/no-such-limiterd.sock"))
        #expect(!error.description.contains("redis-server"))
        #expect(await limiter.waiting == 0)
      }
    }

    @Test func callsAboveTheBoundAreRefusedAtOnceAndSettlementsAreNot() async throws {
      let domain = Domain([TestPolicy.slots(1)], on: try await SharedRedis.url)
      try await domain.withDaemon { _, socket in
        var settings = SidecarSettings.test(socket)
        settings.calls = 2
        try await LimiterClient.withClient(.limiterd(settings), logger: .quiet) { limiter in
          let permit = try await limiter.permit()
          async let one = limiter.settle(try await limiter.permit(waitingUpTo: .seconds(60)), .unknown)
          async let two = limiter.settle(try await limiter.permit(waitingUpTo: .seconds(60)), .unknown)
          try await eventually("two wait") { await limiter.waiting == 2 }
          #expect(try await limiterError { _ = try await limiter.acquire(call()) }.code == .queueFull)
          #expect(try await limiter.settle(permit, .unknown) == .settled)
          let outcomes = try await [one, two]
          #expect(outcomes == [.settled, .settled])
        }
      }
    }

    @Test func `a settlement that is asked for again waits for the first one, and their number is bounded`()
      async throws
    {
      try await withRedis { server in
        let domain = Domain([TestPolicy.slots(3), TestPolicy.runBudget(1_000)], on: server.url)
        try await domain.withDaemon { _, socket in
          var settings = SidecarSettings.test(socket)
          settings.patience = .milliseconds(300)
          settings.settlements = 2
          try await LimiterClient.withClient(.limiterd(settings), logger: .quiet) { limiter in
            let (one, two) = (try await limiter.permit(), try await limiter.permit())
            let usage = Usage(inputTokens: 3, outputTokens: 0)
            try server.pause()
            for _ in 0..<3 {
              let error = try await limiterError { _ = try await limiter.settle(one, usage) }
              #expect(error.code == .settlementPending)
              #expect(await limiter.waiting == 1)
            }
            // What says something else is another one.
            #expect(try await limiterError { try await limiter.cancel(one) }.code == .settlementPending)
            #expect(await limiter.waiting == 2)
            let error = try await limiterError { _ = try await limiter.settle(two, usage) }
            #expect(error.code == .queueFull && error.message.contains("2 settlements"), "\(error)")
            #expect(await limiter.waiting == 2)
            try server.resume()
            try await eventually("both are answered") { await limiter.waiting == 0 }
            #expect(try await limiter.settle(one, usage) == .gone)
            #expect(try await limiter.settle(two, usage) == .settled)
          }
        }
        try await LimiterClient.withClient(.redis(try domain.settings()), logger: .quiet) { limiter in
          let used = try await limiter.usage(of: call()).last?.used
          #expect(used == 6)
        }
      }
    }

    @Test func mistakesOfACallAreToldAsInDirectMode() async throws {
      var request = call()
      request.model = "nobody"
      let unknown = request
      for kind in Kind.allCases {
        try await withDomain(kind, TestPolicy.roomy) { limiter, _, _ in
          let error = try await limiterError { _ = try await limiter.acquire(unknown) }
          #expect(error.code == .invalidRequest && error.message.contains("no model `nobody`"))
          for broken in [call(tokens: -5), call(run: ""), call(priority: 11), call(hold: .zero)] {
            #expect(try await limiterError { _ = try await limiter.acquire(broken) }.code == .invalidRequest)
          }
          #expect(
            try await limiterError { _ = try await limiter.acquire(call(), waitingUpTo: .seconds(-1)) }.code
              == .invalidRequest)
          #expect(
            try await limiterError {
              try await limiter.settle(try await limiter.permit(), Usage(tokens: -1))
            }.code == .invalidPermit)
        }
      }
    }
  }
}

extension Permit {
  fileprivate var withoutUsage: Permit {
    var permit = self
    for index in permit.reservations.indices { permit.reservations[index].usedAfter = nil }
    return permit
  }
}
