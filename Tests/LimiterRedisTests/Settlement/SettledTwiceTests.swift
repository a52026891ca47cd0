import LimiterCore
import LimiterRedis
import RedisClient
import TestSupport
import Testing

/// A permit that is settled twice, from two connections, with nothing and with ten times the estimate, within its window and
/// after it: charged once, and no sum is ever negative.
@Suite struct SettledTwiceTests {
  static let start: Int64 = 1_700_000_000_000_001
  static let length: Int64 = 10_000
  static let window = EffectiveLimit(id: LimitID(rule: "tokens"), allowance: .window(amount: 1_000, length: length))
  static let budget = EffectiveLimit(
    id: LimitID(rule: "run", scope: ["r"]), allowance: .budget(nanodollars: 5_000, period: .lifetime, keep: 900_000))
  static let slots = EffectiveLimit(id: LimitID(rule: "slots"), allowance: .concurrency(permits: 2))

  struct Case: Sendable, CustomStringConvertible {
    var first: Int64
    var second: Int64
    /// When it is settled, after the grant.
    var delay: Int64
    /// What the window holds afterwards. Another permit of 7 was granted 5 ms after this one.
    var window: Int64

    var description: String { "\(first)x, then \(second)x, after \(delay) us" }
  }

  @Test(arguments: [
    Case(first: 0, second: 10, delay: 6_000, window: 7), Case(first: 10, second: 0, delay: 6_000, window: 1_007),
    Case(first: 1, second: 1, delay: 6_000, window: 107), Case(first: 0, second: 0, delay: 6_000, window: 7),
    // After its window there is nothing to give back to; more than the estimate is charged now.
    Case(first: 0, second: 10, delay: 12_000, window: 7), Case(first: 10, second: 0, delay: 12_000, window: 907),
    Case(first: 1, second: 1, delay: 12_000, window: 7),
  ])
  func chargedOnce(_ settlement: Case) async throws {
    let scripts = ModelScripts.make()
    try await withModelRedis(scripts) { redis in
      // The second one is another process: a connection of its own.
      try await withModelRedis(scripts) { other in
        let domain = uniqueDomain("twice")
        let (model, stranger) = (
          RedisModel(redis, scripts: scripts, domain: domain), RedisModel(other, scripts: scripts, domain: domain)
        )
        let permit = try await acquire(100, number: 1, at: Self.start, model)
        _ = try await acquire(7, number: 2, at: Self.start + 5_000, model)
        let time = Self.start + settlement.delay
        let first = try await settle(permit, times: settlement.first, at: time, model)
        let second = try await settle(permit, times: settlement.second, at: time + 2, stranger)
        #expect(first == .settled([.settled]))
        #expect(second == .settled([.gone]))

        let usage = try await model.perform(.inspect([Self.window, Self.budget, Self.slots]), at: time + 4)
        guard case .usage(let usages) = usage, case .window(let used, _, _) = usages[0] else {
          throw UnexpectedAnswer()
        }
        #expect(used == settlement.window)
        #expect(usages[1] == .budget(spent: 100 * settlement.first, held: 7))
        #expect(usages[2] == .concurrency(held: 1, sessions: 1))
        #expect(try await StateAudit.problem(of: model) == nil)
        try await model.removeAll()
      }
    }
  }

  /// The holder's time is over in the moment in which it settles: both are sent together.
  @Test(
    arguments: [
      ([nil, 30], [.settled, .settledLate]), ([30, nil], [.settled, .gone]),
      ([nil, nil, 30], [.settled, .gone, .settledLate]),
      ([nil, 30, 70], [.settled, .settledLate, .gone]), ([30, 70], [.settled, .gone]),
    ] as [([Int64?], [SettleOutcome])])
  func abandonedAndSettledInOneBatch_countsAsUsed(_ used: [Int64?], _ outcomes: [SettleOutcome]) async throws {
    let scripts = ModelScripts.make()
    try await withModelRedis(scripts) { redis in
      let model = RedisModel(redis, scripts: scripts)
      let permit = try await acquire(100, number: 1, at: Self.start, model)
      let items = used.map { used in
        SettleBatch.Item(
          session: "s", permit: "m.1.1", grantedAt: permit,
          ending: used.map { .settled([$0, $0, 1]) } ?? .abandoned)
      }
      let answer = try await model.perform(.settle(SettleBatch(items: items)), at: Self.start + 100)
      #expect(answer == .settled(outcomes))
      let usage = try await model.perform(.inspect([Self.window, Self.budget, Self.slots]), at: Self.start + 200)
      guard case .usage(let usages) = usage, case .window(30, _, _) = usages[0] else {
        Issue.record("\(usage)")
        return
      }
      #expect(usages[1...] == [.budget(spent: 30, held: 0), .concurrency(held: 0, sessions: 0)])
      #expect(try await StateAudit.problem(of: model) == nil)
      #expect(try await !model.allKeys().contains { $0.contains("unsettled") })
      try await model.removeAll()
    }
  }

  private func acquire(_ amount: Int64, number: Int64, at time: Int64, _ model: RedisModel) async throws -> ServerTime {
    _ = try await model.perform(.open(session: "s", timeToLive: 1_000_000), at: time)
    let batch = AcquireBatch(
      session: "s", lane: "m", operation: number, notAfter: ServerTime(microseconds: time + 1_000),
      limits: [Self.window, Self.budget, Self.slots],
      requests: [
        AcquireBatch.Request(
          hold: 1_000_000,
          needs: [(0, amount), (1, amount), (2, 1)].map { AcquireBatch.Need(limit: $0.0, amount: $0.1) })
      ])
    guard case .acquired(.decided(let now, _, _, [.granted])) = try await model.perform(.acquire(batch), at: time)
    else {
      throw UnexpectedAnswer()
    }
    return now
  }

  private func settle(
    _ grantedAt: ServerTime, times: Int64, at time: Int64, _ model: RedisModel
  ) async throws -> ModelAnswer {
    try await model.perform(
      .settle(
        SettleBatch(
          windowLengths: [Self.window.keyName: Self.length],
          items: [
            SettleBatch.Item(
              session: "s", permit: "m.1.1", grantedAt: grantedAt,
              ending: .settled([100 * times, 100 * times, 1]))
          ])), at: time)
  }
}
