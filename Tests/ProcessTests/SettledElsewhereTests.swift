import LimiterClient
import LimiterCore
import RedisClient
import TestSupport
import Testing

/// A permit that one process got is settled by two others.
@Suite struct SettledElsewhereTests {
  @Test(arguments: [(0, false), (0, true), (100, false), (100, true)] as [(Int64, Bool)])
  func aPermitIsSettledOnceWhoeverComesFirst(_ used: Int64, _ isLate: Bool) async throws {
    let window: Int64 = isLate ? 200 : 600_000
    var order = WorkerOrder(
      task: "settle", redis: try await SharedRedis.url, domain: uniqueDomain("settled"), sessionMilliseconds: 10_000,
      windowMilliseconds: window)
    order.usage = Usage(inputTokens: used, outputTokens: 0)
    let policy = Policy(
      domain: order.domain, headroomPerMille: 1_000, guardTime: .zero,
      models: ["m": Model(provider: "p", price: ModelPrice(input: 1_000_000, output: 2_000_000))],
      limits: [
        LimitRule(name: "tokens", kind: .window(unit: .tokens, amount: 1_000, length: .milliseconds(window))),
        LimitRule(name: "slots", kind: .concurrency(permits: 3)),
        LimitRule(name: "budget", kind: .budget(nanodollars: 1_000_000, period: .lifetime)),
      ])
    let settings = LimiterSettings(policy: policy, redis: try RedisConfiguration(url: order.redis))
    try await Limiter.withLimiter(settings) { [order] limiter in
      let request = AdmissionRequest(model: "m", inputTokens: 10)
      guard let permit = try await limiter.acquire(request).permit else { throw NotAsExpected(description: "a permit") }
      if isLate {
        try await eventually("the reservation has left the window") {
          try await limiter.usage(of: request)[0].used == 0
        }
      }
      var both = order
      both.permit = permit
      let workers = try (0..<2).map { _ in try WorkerProcess(both) }
      for worker in workers {
        #expect(try await worker.end(), "\(worker.complaints.suffix(2_000))")
      }
      #expect(try workers.flatMap { try $0.lines.compactMap(\.outcome) }.sorted() == ["gone", "settled"])
      #expect(try await limiter.settle(permit, Usage(inputTokens: 7, outputTokens: 7)) == .gone)

      let state = try await DomainState.read(order)
      #expect(state.spent == used && state.held == 0 && state.slots == 0)
      #expect(state.unsettled.isEmpty)
      if isLate {
        // What was reserved has left; only what was used above it may stand there, for another window.
        #expect(state.tokens >= 0 && state.tokens <= max(used, 10))
      } else {
        #expect(state.tokens == used)
      }
    }
  }
}
