import Foundation
import Hiredis
import LimiterCore
import TestSupport
import Testing

@testable import LimiterClient

extension ClientTests {
  /// What a worker holds outlives the limiterd that granted it.
  @Suite struct AdoptionTests {
    @Test func aWorkerHoldsOnToItsPermitsWhenItsLimiterdIsKilled() async throws {
      var domain = Domain([], on: try await SharedRedis.url)
      domain.timeToLive = .seconds(5)
      let served = try await ServedLimiterd(
        domain: domain.name, redis: domain.url,
        limits: ["slots: {concurrency: 100}", "run: {per: run, budget: 1.00 USD}"], timeToLive: "5s")
      try await domain.withKeys { keys in
        try await LimiterClient.withClient(.limiterd(.test(served.socket)), logger: .quiet) { limiter in
          var permits: [Permit] = []
          for _ in 0..<100 { permits.append(try await limiter.permit()) }
          for _ in 0..<3 {
            await served.end(SIGKILL)
            // Asked of the next one, which does not know them yet.
            let (first, second) = (permits[0], permits[1])
            async let isHeld = limiter.isHeld(first)
            async let renewed = limiter.renew(second, for: .seconds(600))
            try await served.restart()
            let wasHeld = await isHeld
            #expect(wasHeld)
            let until = try await renewed
            #expect(until != nil)
            try await eventually("all are held") {
              for permit in permits where await !limiter.isHeld(permit) { return false }
              return true
            }
            #expect(try await keys.slots("slots") == 100)
          }
          #expect(try await limiter.denial(call()).reason == .concurrency)
          #expect(try await keys.unsettled().isEmpty)
          for permit in permits {
            #expect(try await limiter.settle(permit, Usage(inputTokens: 3, outputTokens: 0)) == .settled)
          }
          #expect(try await keys.counter("budget:run:r:all") == 300)
          #expect(try await limiter.settle(permits[0], Usage(inputTokens: 3, outputTokens: 0)) == .gone)
        }
        try await keys.waitUntilNothingIsHeld()
      }
    }

    /// Redis knows when it was granted, and for how long; its limiterd alone knew that it was renewed.
    @Test func `a permit that was renewed is valid for as long at the next limiterd`() async throws {
      var domain = Domain([], on: try await SharedRedis.url)
      domain.timeToLive = .seconds(5)
      let served = try await ServedLimiterd(
        domain: domain.name, redis: domain.url, limits: ["slots: {concurrency: 5}"], timeToLive: "5s")
      try await LimiterClient.withClient(.limiterd(.test(served.socket)), logger: .quiet) { limiter in
        let renewed = try await limiter.permit(call(hold: .seconds(60)))
        let granted = try await limiter.permit(call(hold: .seconds(60)))
        #expect(try await limiter.renew(renewed, for: .seconds(600)) != nil)
        for _ in 0..<2 {
          await served.end(SIGKILL)
          try await served.restart()
          for permit in [renewed, granted] { #expect(await limiter.isHeld(permit)) }
          var valid: [String: Int64] = [:]
          for permit in try await ask(served.socket, "PERMITS").array ?? [] {
            let fields = permit.array ?? []
            if fields.count > 9, let id = fields[1].string { valid[id] = fields[9].int }
          }
          let (long, short) = (try #require(valid[renewed.id]), try #require(valid[granted.id]))
          #expect(long > 300_000 && (1...60_000).contains(short), "\(valid)")
        }
        for permit in [renewed, granted] { #expect(try await limiter.cancel(permit) == .settled) }
      }
    }

    @Test func withoutItsWorkersTheSlotsOfAKilledLimiterdAreFreeAfterItsTimeToLive() async throws {
      var domain = Domain([], on: try await SharedRedis.url)
      domain.timeToLive = .seconds(1)
      let served = try await ServedLimiterd(
        domain: domain.name, redis: domain.url, limits: ["slots: {concurrency: 5}"], timeToLive: "1s")
      let other = try await ServedLimiterd(
        domain: domain.name, redis: domain.url, limits: ["slots: {concurrency: 5}"], timeToLive: "1s")
      try await LimiterClient.withClient(.limiterd(.test(other.socket)), logger: .quiet) { waiter in
        try await LimiterClient.withClient(.limiterd(.test(served.socket)), logger: .quiet) { holder in
          for _ in 0..<5 { _ = try await holder.permit() }
          let start = ContinuousClock.now
          await served.end(SIGKILL)
          let permit = try await waiter.permit(waitingUpTo: .seconds(60))
          let waited = ContinuousClock.now - start
          print("slots of a killed limiterd were taken after \(waited); its time to live is 1 s")
          #expect(waited < .seconds(10), "asked: 2 s, on a machine that does nothing else")
          try await waiter.cancel(permit)
        }
      }
    }
  }
}
