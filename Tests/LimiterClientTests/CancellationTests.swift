@testable import LimiterClient
import LimiterCore
import LimiterRedis
import NIOCore
import PrivateRedis
import SeededRandom
import TestSupport
import Testing

extension ClientTests {
  /// I9: cancelling at any await leaves nothing behind.
  @Suite struct CancellationTests {
    /// Of everything that a call reserves: nothing is held, charged or listed.
    private func expectNothing(
      _ keys: DomainKeys, _ when: String = "", sourceLocation: SourceLocation = #_sourceLocation
    )
      async throws
    {
      try await keys.waitUntilNothingIsHeld(when)
      let charged = [
        try await keys.window("tokens"), try await keys.window("requests"), try await keys.counter("budget:run:r:all"),
      ]
      #expect(charged == [0, 0, 0], "\(when)", sourceLocation: sourceLocation)
      #expect(try await keys.unsettled() == [], "\(when)", sourceLocation: sourceLocation)
    }

    @Test(arguments: Kind.allCases) func cancelledBeforeItAsks(_ kind: Kind) async throws {
      try await withDomain(kind, TestPolicy.roomy) { limiter, keys, _ in
        await withTaskGroup(of: Void.self) { group in
          group.cancelAll()
          group.addTask {
            await #expect(throws: CancellationError.self) { _ = try await limiter.acquire(call()) }
          }
        }
        try await expectNothing(keys)
      }
    }

    /// What is asked in the end, when all is being cancelled.
    @Test(arguments: Kind.allCases) func whoIsCancelledIsToldSoAndHoldsWhatItHolds(_ kind: Kind) async throws {
      try await withDomain(kind, TestPolicy.roomy) { limiter, _, _ in
        let permit = try await limiter.permit()
        await withTaskGroup(of: Void.self) { group in
          group.cancelAll()
          group.addTask {
            #expect(await limiter.isHeld(permit))
            await #expect(throws: CancellationError.self) { _ = try await limiter.usage(of: call()) }
            await #expect(throws: CancellationError.self) { _ = try await limiter.explain(call()) }
          }
        }
        try await limiter.cancel(permit)
      }
    }

    /// Its permit may be held for ten minutes more, and a timer waits for that.
    @Test func aLimiterThatHasEndedIsGone() async throws {
      let engine = WeakEngine()
      try await withDomain(.redis, TestPolicy.roomy) { limiter, _, _ in
        _ = try await limiter.permit()
        let limiter = try #require(limiter.backend as? Limiter)
        try await limiter.eventLoop.submit { engine.engine = limiter.engine.value }.get()
      }
      try await eventually("nobody keeps it") { engine.engine == nil }
    }

    @Test func cancelledBeforeRedisAnswers() async throws {
      try await withRedis { server in
        let domain = Domain(TestPolicy.roomy, on: server.url)
        try await domain.withKeys { keys in
          try await domain.withLimiter { limiter in
            try await limiter.cancel(try await limiter.permit())
            try server.pause()
            await withTaskGroup(of: Void.self) { group in
              for _ in 0..<20 {
                group.addTask {
                  await #expect(throws: CancellationError.self) { _ = try await limiter.acquire(call()) }
                }
              }
              try? await eventually("twenty wait") { await limiter.waiting == 20 }
              // They end although Redis is silent.
              group.cancelAll()
              await group.waitForAll()
            }
            #expect(await limiter.waiting == 0)
            try server.resume()
            try await limiter.cancel(try await limiter.permit())
            try await expectNothing(keys)
          }
        }
      }
    }

    @Test(arguments: Kind.allCases) func cancelledWhileParked(_ kind: Kind) async throws {
      try await withDomain(kind, [TestPolicy.slots(1)] + TestPolicy.roomy.filter { $0.name != "slots" }) {
        limiter, keys, _ in
        let blocker = try await limiter.permit()
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0..<50 {
            group.addTask {
              await #expect(throws: CancellationError.self) {
                _ = try await limiter.acquire(call(), waitingUpTo: .seconds(60))
              }
            }
          }
          try await eventually("fifty wait") { await limiter.waiting == 50 }
          group.cancelAll()
        }
        #expect(await limiter.waiting == 0)
        try await limiter.cancel(blocker)
        try await expectNothing(keys)
      }
    }

    @Test(arguments: Kind.allCases) func aCancelledWaiterHoldsUpNobody(_ kind: Kind) async throws {
      try await withDomain(kind, [TestPolicy.tokens(100)]) { limiter, _, _ in
        let blocker = try await limiter.permit(call(tokens: 60))
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { _ = try? await limiter.acquire(call(tokens: 90), waitingUpTo: .seconds(100)) }
          try await eventually("the large one waits") { await limiter.waiting == 1 }
          async let small = within(.seconds(10), "the small one is granted") {
            try await limiter.permit(call(tokens: 20), waitingUpTo: .seconds(100))
          }
          try await eventually("the small one waits behind it") { await limiter.waiting == 2 }
          group.cancelAll()
          try await limiter.cancel(try await small)
        }
        try await limiter.cancel(blocker)
      }
    }

    /// The cancellation races with the answer: before it, after it, and at the very moment.
    @Test(arguments: Kind.allCases) func cancelledAtTheMomentOfTheGrant(_ kind: Kind) async throws {
      let seeded = SeededGenerator(for: "cancelled at the moment of the grant")
      try await withDomain(kind, TestPolicy.roomy) { limiter, keys, _ in
        var random = seeded
        try await limiter.cancel(try await limiter.permit())
        var (granted, cancelled) = (0, 0)
        for _ in 0..<60 {
          let pauses = (0..<20).map { _ in Int.random(in: 0...1_200, using: &random) }
          try await withThrowingTaskGroup(of: Permit?.self) { group in
            for pause in pauses {
              group.addTask {
                try await withThrowingTaskGroup(of: Permit?.self) { race in
                  race.addTask { try await limiter.acquire(call(), waitingUpTo: .seconds(60)).permit }
                  try await Task.sleep(for: .microseconds(pause))
                  race.cancelAll()
                  do { return try await race.next() ?? nil } catch is CancellationError { return nil }
                }
              }
            }
            for try await permit in group {
              guard let permit else {
                cancelled += 1
                continue
              }
              granted += 1
              try await limiter.cancel(permit)
            }
          }
        }
        print("cancelled at the moment of the grant: \(granted) granted, \(cancelled) cancelled")
        #expect(granted + cancelled == 1_200)
        #expect(cancelled > 0)
        try await expectNothing(keys)
      }
    }

    @Test(arguments: Kind.allCases) func cancelledInsideOfWithPermit(_ kind: Kind) async throws {
      try await withDomain(kind, TestPolicy.roomy) { limiter, keys, _ in
        try await withThrowingTaskGroup(of: Void.self) { group in
          let isInside = Recorder<Bool>()
          group.addTask {
            await #expect(throws: CancellationError.self) {
              _ = try await limiter.withPermit(call()) { _ in
                isInside.record(true)
                try await Task.sleep(for: .seconds(600))
                return (1, .unknown)
              }
            }
          }
          _ = try await isInside.wait(count: 1)
          group.cancelAll()
        }
        // Nobody knows what the provider did: charged as reserved, listed, and nothing held.
        try await keys.waitUntilNothingIsHeld()
        #expect(try await keys.counter("budget:run:r:all") == 14)
        #expect(try await keys.unsettled().count == 1)
      }
    }

    @Test(arguments: Kind.allCases) func cancelledInsideOfWithPermitBeforeTheCallWasSent(_ kind: Kind) async throws {
      try await withDomain(kind, TestPolicy.roomy) { limiter, keys, _ in
        try await withThrowingTaskGroup(of: Void.self) { group in
          let isInside = Recorder<Bool>()
          group.addTask {
            await #expect(throws: CallNotSent.self) {
              _ = try await limiter.withPermit(call()) { _ -> (Int, Usage) in
                isInside.record(true)
                do { try await Task.sleep(for: .seconds(600)) } catch { throw CallNotSent(error) }
                return (1, .unknown)
              }
            }
          }
          _ = try await isInside.wait(count: 1)
          group.cancelAll()
        }
        try await expectNothing(keys)
      }
    }

    @Test(arguments: Kind.allCases) func cancelledDuringSettleItIsSettledNonetheless(_ kind: Kind) async throws {
      try await withDomain(kind, TestPolicy.roomy) { limiter, keys, _ in
        try await withThrowingTaskGroup(of: Void.self) { group in
          for number in 0..<100 {
            let permit = try await limiter.permit(call())
            group.addTask {
              try await withThrowingTaskGroup(of: Void.self) { race in
                race.addTask {
                  do {
                    try await limiter.settle(permit, Usage(inputTokens: 1, outputTokens: 0))
                  } catch is CancellationError {}
                }
                if number % 2 == 0 { await Task.yield() }
                race.cancelAll()
                try await race.waitForAll()
              }
            }
          }
          try await group.waitForAll()
        }
        try await keys.waitUntilNothingIsHeld()
        #expect(try await keys.counter("budget:run:r:all") == 100)
        #expect(try await keys.unsettled() == [])
      }
    }

    @Test func aCallThatIsUnderWayWhenTheLimiterEndsLeavesNothing() async throws {
      let domain = Domain(TestPolicy.roomy, on: try await SharedRedis.url)
      try await domain.withKeys { keys in
        for round in 0..<20 {
          try await domain.withLimiter { limiter in
            try await limiter.cancel(try await limiter.permit())
            await withTaskGroup(of: Void.self) { group in
              for _ in 0..<20 {
                group.addTask {
                  guard let permit = try? await limiter.acquire(call()).permit else { return }
                  // Cancelled by now: it is sent all the same.
                  _ = try? await limiter.cancel(permit)
                }
              }
              try? await Task.sleep(for: .microseconds(50 * round))
              group.cancelAll()
            }
          }
        }
        try await expectNothing(keys)
        #expect(try await keys.sessions() == [])
      }
    }

    @Test func aCancelledLimiterClosesItsSession() async throws {
      let domain = Domain(TestPolicy.roomy, on: try await SharedRedis.url)
      try await domain.withKeys { keys in
        try await withThrowingTaskGroup(of: Void.self) { group in
          let isInside = Recorder<Bool>()
          group.addTask {
            await #expect(throws: CancellationError.self) {
              try await domain.withLimiter { limiter in
                _ = try await limiter.withPermit(call()) { _ in
                  isInside.record(true)
                  try await Task.sleep(for: .seconds(600))
                  return (1, .unknown)
                }
              }
            }
          }
          _ = try await isInside.wait(count: 1)
          group.cancelAll()
        }
        // Not after the session's time to live: now.
        #expect(try await keys.leftovers() == [])
        #expect(try await keys.sessions() == [])
        #expect(try await keys.unsettled().count == 1)
      }
    }

    @Test func callsOfALimiterThatEndsAreToldSo() async throws {
      let domain = Domain([TestPolicy.slots(1)], on: try await SharedRedis.url)
      let outcomes = Recorder<String>()
      let limiter = try Limiter(domain.settings(), logger: .quiet)
      try await withThrowingTaskGroup(of: Void.self) { group in
        let isTaken = Recorder<Bool>()
        group.addTask {
          try await limiter.withRunning {
            _ = try await limiter.permit()
            isTaken.record(true)
            try await eventually("eight wait for the slot") { await limiter.waiting == 8 }
          }
        }
        _ = try await isTaken.wait(count: 1)
        // Callers that go on asking while it ends: each has an answer.
        for _ in 0..<8 {
          group.addTask {
            while true {
              do {
                _ = try await limiter.acquire(call(), waitingUpTo: .seconds(60))
                outcomes.record("decided")
              } catch let error as LimiterError {
                outcomes.record("\(error.code)")
                if error.code == .stopped { return }
              }
            }
          }
        }
        _ = try await outcomes.wait(for: "all callers know", within: .seconds(20)) {
          $0.filter { $0 == "stopped" }.count == 8
        }
        try await group.waitForAll()
      }
      #expect(outcomes.elements.filter { $0 == "stopped" }.count == 8)
    }
  }
}

/// Only asked whether it is there.
private final class WeakEngine: @unchecked Sendable {
  weak var engine: LimiterEngine?
}
