import LimiterCore
import LimiterRedis

/// A session's id is used again while entries of its former lives stand in a window: its operations have the same names again, and none
/// may move an entry that is there. Random sequences meet this once in thousands.
enum FormerLifeProbe {
  static let start: Int64 = 1_700_000_000_000_001
  static let window = EffectiveLimit(
    id: LimitID(rule: "tokens"), allowance: .window(amount: 100, length: 10_000_000))

  static func problem(of model: RedisModel) async throws -> String? {
    let problem = try await firstProblem(of: model)
    try await model.removeAll()
    return problem
  }

  private static func firstProblem(of model: RedisModel) async throws -> String? {
    try await live(at: start, acquiring: 3, settlingTo: nil, model)
    // The refund makes this entry's name that of the first.
    try await live(at: start + 100, acquiring: 5, settlingTo: 3, model)
    // And this one has it from the beginning.
    try await live(at: start + 200, acquiring: 3, settlingTo: nil, model)
    if let problem = try await StateAudit.problem(of: model) { return problem }
    let usage = try await model.perform(.inspect([window]), at: start + 300)
    let expected = ModelAnswer.usage([
      .window(used: 9, entries: 3, oldest: ServerTime(microseconds: start + 2))
    ])
    return usage == expected ? nil : "\(usage) is used"
  }

  private static func live(
    at time: Int64, acquiring amount: Int64, settlingTo used: Int64?, _ model: RedisModel
  ) async throws {
    _ = try await model.perform(.open(session: "s", timeToLive: 1_000_000), at: time)
    let batch = AcquireBatch(
      session: "s", lane: "m", operation: 1, notAfter: ServerTime(microseconds: time + 1_000), limits: [window],
      requests: [AcquireBatch.Request(hold: 1_000, needs: [AcquireBatch.Need(limit: 0, amount: amount)])])
    _ = try await model.perform(.acquire(batch), at: time + 2)
    if let used {
      let item = SettleBatch.Item(
        session: "s", permit: batch.permitName(at: 0), grantedAt: ServerTime(microseconds: time + 2),
        ending: .settled([used]))
      _ = try await model.perform(.settle(SettleBatch(items: [item])), at: time + 10)
    }
    _ = try await model.perform(.close(session: "s"), at: time + 20)
  }
}
