import Foundation
import LimiterClient
import LimiterCore
import TestSupport
import Testing

extension ClientTests {
  /// What cannot be decided is an error that says what was expected, and changes nothing.
  @Suite struct BadRequestTests {
    struct BadCall: Sendable, CustomTestStringConvertible {
      var testDescription: String
      var says: String
      var change: @Sendable (inout AdmissionRequest) -> Void

      init(_ name: String, says: String, _ change: @escaping @Sendable (inout AdmissionRequest) -> Void) {
        testDescription = name
        self.says = says
        self.change = change
      }
    }

    static let badCalls = [
      BadCall("unknown model", says: "no model `nobody`") { $0.model = "nobody" },
      BadCall("negative tokens", says: "input_tokens is out of bounds") { $0.amounts.inputTokens = -1 },
      BadCall("huge tokens", says: "tokens is out of bounds") { $0.amounts.tokens = .max },
      BadCall("an overflowing sum", says: "out of bounds") {
        $0.amounts = Amounts(inputTokens: .max, outputTokens: .max)
      },
      BadCall("negative requests", says: "requests is out of bounds") { $0.amounts.requests = -1 },
      BadCall("priority 0", says: "expected 1 to 10") { $0.priority = 0 },
      BadCall("priority 11", says: "expected 1 to 10") { $0.priority = 11 },
      BadCall("empty tenant", says: "1 to 256 bytes") { $0.tenant = "" },
      BadCall("long tenant", says: "1 to 256 bytes") { $0.tenant = String(repeating: "é", count: 129) },
      BadCall("empty attribute", says: "1 to 256 bytes") { $0.attributes = ["plan": ""] },
      BadCall("nameless attribute", says: "256 bytes") { $0.attributes = ["": "x"] },
      BadCall("attribute with a long name", says: "256 bytes") {
        $0.attributes = [String(repeating: "n", count: 257): "x"]
      },
      BadCall("too many attributes", says: "at most 32") {
        $0.attributes = Dictionary(uniqueKeysWithValues: (0..<33).map { ("a\($0)", "x") })
      },
      BadCall("no run", says: "names its run") { $0.run = nil },
      BadCall("no price", says: "price") { $0.model = "unpriced" },
      BadCall("no hold", says: "hold is out of bounds") { $0.hold = .zero },
      BadCall("hold for years", says: "at most 31 days") { $0.hold = .seconds(1_000_000_000) },
    ]

    @Test(arguments: badCalls)
    func aBadCallIsRefused(_ bad: BadCall) async throws {
      var domain = Domain(TestPolicy.roomy, on: try await SharedRedis.url)
      domain.required = [.run]
      try await domain.withKeys { [domain] keys in
        try await domain.withLimiter { limiter in
          var request = call()
          bad.change(&request)
          let error = try await limiterError { _ = try await limiter.acquire(request, waitingUpTo: .zero) }
          #expect(error.code == .invalidRequest)
          #expect(error.message.contains(bad.says), "\(error.message)")
          // The next call is as good as ever, and the bad one has left nothing.
          try await limiter.cancel(try await limiter.permit())
          #expect(try await keys.leftovers() == [])
        }
      }
    }

    @Test(arguments: Kind.allCases)
    func `a run without a name is refused, by whatever it is asked`(_ kind: Kind) async throws {
      try await withDomain(kind, TestPolicy.roomy) { limiter, keys, _ in
        for run in ["", "/", "/child", "a//b", "a/", "a/b/"] {
          let request = call(run: run)
          let errors = [
            try await limiterError { _ = try await limiter.acquire(request, waitingUpTo: .zero) },
            try await limiterError { _ = try await limiter.admit(request, waitingUpTo: .zero) },
            try await limiterError { _ = try await limiter.explain(request) },
            try await limiterError { _ = try await limiter.usage(of: request) },
          ]
          #expect(errors.allSatisfy { $0.code == .invalidRequest }, "\(errors)")
          if !run.isEmpty {
            #expect(errors.allSatisfy { $0.message.hasPrefix("run is out of bounds: expected a name") }, "\(errors)")
          }
        }
        for run in ["a", "a/b", "a/b/c", "é/ü"] { try await limiter.cancel(try await limiter.permit(call(run: run))) }
        #expect(try await keys.leftovers() == [])
      }
    }

    @Test(arguments: Kind.allCases)
    func `what would not be decided on is not looked at either, whoever is asked`(_ kind: Kind) async throws {
      var domain = Domain(TestPolicy.roomy, on: try await SharedRedis.url)
      domain.required = [.run]
      try await domain.withClient(kind) { limiter in
        let amounts = ["negative tokens", "huge tokens", "an overflowing sum", "negative requests"]
        // A look needs no amounts, no price and no hold.
        let harmless = Set(amounts + ["no price", "no hold", "hold for years"])
        for bad in Self.badCalls {
          var request = call()
          bad.change(&request)
          if harmless.contains(bad.testDescription) {
            #expect(try await limiter.usage(of: request).count == TestPolicy.roomy.count, "\(bad.testDescription)")
          } else {
            let error = try await limiterError { _ = try await limiter.usage(of: request) }
            #expect(error.code == .invalidRequest, "\(bad.testDescription): \(error)")
          }
        }
      }
    }

    @Test(arguments: Kind.allCases)
    func `a usage that cannot be counted is told, and stays charged as reserved`(_ kind: Kind) async throws {
      let domain = Domain(TestPolicy.roomy, on: try await SharedRedis.url)
      let log = Recorder<String>()
      @Sendable func test(_ limiter: LimiterClient) async throws {
        let most = LimiterBounds.amount
        let bad = [
          (Usage(tokens: -5), "tokens are out of bounds"),
          (Usage(inputTokens: most, outputTokens: most), "cost more than can be counted"),
        ]
        for (usage, says) in bad {
          let permit = try await limiter.permit()
          let error = try await limiterError { try await limiter.settle(permit, usage) }
          #expect(error.code == .invalidPermit && error.message.contains(says), "\(error)")
          #expect(await limiter.isHeld(permit), "nothing has happened")
          try await limiter.cancel(permit)
          let count = log.elements.count
          // The answer is there, and paid for.
          let outcome = try await limiter.withPermit(call(run: says)) { _ in ("answer", usage) }
          guard case .completed("answer") = outcome else { throw Unexpected(description: "\(outcome)") }
          let told = log.elements.dropFirst(count)
          #expect(told.count == 1 && told.allSatisfy { $0.hasPrefix("warning") && $0.contains(says) }, "\(told)")
          let statuses = try await limiter.usage(of: call(run: says))
          #expect(statuses.first { $0.period != nil }?.used == 14)
        }
      }
      switch kind {
      case .redis:
        try await LimiterClient.withClient(.redis(try domain.settings()), logger: .recording(into: log), test)
      case .limiterd:
        try await domain.withDaemon { _, socket in
          try await LimiterClient.withClient(.limiterd(.test(socket)), logger: .recording(into: log), test)
        }
      }
    }

    @Test func aNegativeWaitIsRefused() async throws {
      try await withDomain(TestPolicy.roomy) { limiter, _, _ in
        let error = try await limiterError { _ = try await limiter.acquire(call(), waitingUpTo: .seconds(-1)) }
        #expect(error.code == .invalidRequest && error.message.contains("zero or more"))
        try await limiter.cancel(try await limiter.permit(waitingUpTo: .seconds(Int64.max / 2)))
      }
    }

    @Test func aMalformedPermitIsRefused() async throws {
      try await withDomain(TestPolicy.roomy) { limiter, keys, _ in
        var permit = try await limiter.permit()
        let good = permit.id
        for id in ["no-slash", "/", "s/", "/p", "a:b{c}/x y\n", ""] {
          permit.id = id
          #expect(try await limiterError { try await limiter.settle(permit, .unknown) }.code == .invalidPermit, "\(id)")
          #expect(
            try await limiterError { _ = try await limiter.renew(permit, for: .seconds(1)) }.code == .invalidPermit)
          #expect(await !limiter.isHeld(permit))
        }
        for id in ["nobody/m.1.1", "a:b{c}/x y\n.1.1", good + "0"] {
          permit.id = id
          #expect(try await limiter.settle(permit, .unknown) == .gone, "\(id)")
        }
        permit.id = good
        for length in [Duration.zero, .seconds(-1), .seconds(40 * 86_400)] {
          #expect(try await limiterError { _ = try await limiter.renew(permit, for: length) }.code == .invalidPermit)
        }
        for usage in [Usage(tokens: -1), Usage(inputTokens: .max, outputTokens: .max), Usage(nanodollars: .min)] {
          #expect(try await limiterError { try await limiter.settle(permit, usage) }.code == .invalidPermit)
        }
        #expect(try await keys.permits().count == 1, "it is still held")
        try await limiter.cancel(permit)
        #expect(try await keys.leftovers() == [])
      }
    }

    @Test func aPermitWithFewerReservationsIsRefusedAndStillHeld() async throws {
      try await withDomain(TestPolicy.roomy, hold: .milliseconds(700)) { limiter, keys, _ in
        let permit = try await limiter.permit()
        var fewer = permit
        fewer.reservations.removeLast()
        #expect(try await limiter.settle(fewer, Usage(inputTokens: 1, outputTokens: 0)) == .refused)
        #expect(try await keys.counter("budget:run:r:all:held") == 14)
        #expect(await limiter.isHeld(permit))
        // It still ends at its time.
        try await eventually("the hold is over") { try await keys.permits().isEmpty }
        #expect(try await keys.leftovers() == [])
      }
    }

    @Test func anUnknownTimeZoneIsNoPolicy() async throws {
      let domain = Domain([], on: try await SharedRedis.url)
      var settings = try domain.settings()
      settings.policy.timeZone = "Atlantis/Capital"
      let error = try await limiterError { _ = try Limiter(settings) }
      #expect(error.code == .invalidPolicy)
    }

    @Test func aFullQueueRefuses() async throws {
      let domain = Domain([TestPolicy.slots(1)], on: try await SharedRedis.url)
      try await domain.withLimiter {
        $0.waiters = 3
      } _: { limiter in
        let permit = try await limiter.permit()
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0..<3 {
            group.addTask { _ = try? await limiter.acquire(call(), waitingUpTo: .seconds(60)) }
          }
          try await eventually("three wait") { await limiter.waiting == 3 }
          let error = try await limiterError { _ = try await limiter.acquire(call(), waitingUpTo: .zero) }
          #expect(error.code == .queueFull)
          group.cancelAll()
        }
        try await eventually("nobody waits") { await limiter.waiting == 0 }
        try await limiter.settle(permit, .unknown)
      }
    }

    @Test func aKeyOfAnotherTypeIsAnErrorAndNothingIsCharged() async throws {
      try await withDomain([TestPolicy.runBudget(1_000), TestPolicy.tokens(100)]) { limiter, keys, domain in
        try await keys.run("LPUSH", "lim:{\(domain.name)}:window:tokens:sum", "x")
        let error = try await limiterError { _ = try await limiter.acquire(call(), waitingUpTo: .seconds(60)) }
        #expect(error.code == .redisRefused)
        #expect("\(error)".contains("another type"), "\(error)")
        #expect(try await keys.counter("budget:run:r:all:held") == 0)
      }
    }

    @Test func aPermitSurvivesItsWayThroughText() async throws {
      try await withDomain(TestPolicy.roomy) { limiter, keys, _ in
        let permit = try await limiter.permit()
        let copy = try JSONDecoder().decode(Permit.self, from: try JSONEncoder().encode(permit))
        #expect(copy == permit)
        #expect(try await limiter.settle(copy, Usage(inputTokens: 1, outputTokens: 0)) == .settled)
        #expect(try await keys.counter("budget:run:r:all") == 1)
      }
    }
  }
}
