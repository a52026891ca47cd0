import Foundation
import LimiterClient
import LimiterCore
import TestSupport
import Testing

/// Worker processes that ask a limiterd.
@Suite(.serialized) struct SidecarWorkerTests {
  @Test func aKilledWorkerHoldsNothingAfterItsGrace() async throws {
    let redis = try await SharedRedis.url
    let domain = uniqueDomain("sidecar-worker")
    let limiterd = try await ServedLimiterd(domain: domain, redis: redis, limits: ["slots: {concurrency: 5}"])
    var order = WorkerOrder(task: "hold", redis: redis, domain: domain, count: 5)
    order.socket = limiterd.socket
    let worker = try WorkerProcess(order)
    try await eventually("it holds all slots") { try worker.lines.count == 5 }
    try await LimiterClient.withClient(.limiterd(socket: limiterd.socket)) { limiter in
      let call = AdmissionRequest(model: "m", inputTokens: 1)
      #expect(try await limiter.acquire(call, waitingUpTo: .zero).denial?.reason == .concurrency)
      async let waiting = limiter.acquire(call, waitingUpTo: .seconds(60))
      let start = ContinuousClock.now
      worker.kill()
      let permit = try #require(try await waiting.permit)
      let waited = ContinuousClock.now - start
      print("slots of a killed worker were taken after \(waited); its grace is 1 s")
      #expect(waited > .milliseconds(900), "its session survives a reconnect")
      #expect(waited < .seconds(5))
      #expect(try await limiter.usage(of: call).first?.used == 1)
      try await limiter.settle(permit, .unknown)
    }
    let state = try await DomainState.atRest(order, within: .seconds(5))
    #expect(state.unsettled.count == 5)
  }

  @Test func aWorkerThatIsDoneHoldsNothing() async throws {
    let redis = try await SharedRedis.url
    let domain = uniqueDomain("sidecar-worker")
    let limiterd = try await ServedLimiterd(
      domain: domain, redis: redis,
      limits: ["slots: {concurrency: 5}", "budget: {budget: 0.000002 USD}"])
    let workers = try (1...4 as ClosedRange<UInt64>).map { seed in
      var order = WorkerOrder(task: "work", redis: redis, domain: domain, seed: seed)
      order.socket = limiterd.socket
      return try WorkerProcess(order)
    }
    for worker in workers { #expect(try await worker.end(), "\(worker.complaints.suffix(2_000))") }
    let lines = try workers.flatMap { try $0.lines }
    let state = try await DomainState.atRest(WorkerOrder(task: "", redis: redis, domain: domain), within: .seconds(5))
    #expect(state.unsettled.isEmpty)
    #expect(state.spent == lines.compactMap(\.nanodollars).reduce(0, +))
    #expect(state.spent > 1_900 && state.spent <= 2_000)
  }
}
