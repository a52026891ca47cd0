import Hiredis
import LimiterCore
import LimiterRedis
import RedisClient

/// Half of the state is gone (a key was deleted by hand, a replica was behind), while permits that counted in it live on: what
/// they give back must not become negative, and must not be taken from others.
enum LostKeysProbe {
  static let start: Int64 = 1_700_000_000_000_001
  static let run = EffectiveLimit(
    id: LimitID(rule: "run", scope: ["r"]), allowance: .budget(nanodollars: 100, period: .lifetime, keep: 900_000))
  static let slots = EffectiveLimit(id: LimitID(rule: "slots"), allowance: .concurrency(permits: 9))

  static func problem(of model: RedisModel) async throws -> String? {
    let problem = try await firstProblem(of: model)
    try await model.removeAll()
    return problem
  }

  private static func firstProblem(of model: RedisModel) async throws -> String? {
    for session in ["s1", "s2"] {
      _ = try await model.perform(.open(session: session, timeToLive: 1_000_000_000), at: start)
    }
    _ = try await acquire("s1", number: 1, money: 50, slots: 3, model)
    for name in [run.keyName + ":held", slots.keyName] {
      _ = try await model.admin.send(["DEL", CommandArgument(model.keys.prefix + name)])
    }
    _ = try await acquire("s1", number: 2, money: 5, slots: 1, model)
    _ = try await acquire("s2", number: 1, money: 5, slots: 1, model)
    try await settle("m.1.1", .settled([20, 3]), model)
    if let problem = try await problem(spent: 20, model) { return problem }

    // Abandoned at 5, corrected down to 2 by an operator, and then it turns out that nothing was used.
    try await settle("m.2.1", .abandoned, model)
    _ = try await model.perform(.adjust(run, amount: -23, operation: "fix"), at: start + 30)
    try await settle("m.2.1", .settled([0, 1]), model)
    return try await problem(spent: 0, model)
  }

  private static func settle(_ permit: String, _ ending: SettleBatch.Ending, _ model: RedisModel) async throws {
    let item = SettleBatch.Item(
      session: "s1", permit: permit, grantedAt: ServerTime(microseconds: start), ending: ending)
    _ = try await model.perform(.settle(SettleBatch(items: [item])), at: start + 40)
  }

  /// The other session still has its slot.
  private static func problem(spent: Int64, _ model: RedisModel) async throws -> String? {
    if let problem = try await StateAudit.problem(of: model) { return problem }
    let usage = try await model.perform(.inspect([run, slots]), at: start + 50)
    let expected = ModelAnswer.usage([.budget(spent: spent, held: 0), .concurrency(held: 1, sessions: 1)])
    return usage == expected ? nil : "\(usage) is left"
  }

  private static func acquire(
    _ session: String, number: Int64, money: Int64, slots held: Int64, _ model: RedisModel
  ) async throws -> ModelAnswer {
    let batch = AcquireBatch(
      session: session, lane: "m", operation: number, notAfter: ServerTime(microseconds: start + 1_000),
      limits: [run, slots],
      requests: [
        AcquireBatch.Request(
          hold: 1_000, needs: [AcquireBatch.Need(limit: 0, amount: money), AcquireBatch.Need(limit: 1, amount: held)])
      ])
    return try await model.perform(.acquire(batch), at: start + 2 * number)
  }
}
