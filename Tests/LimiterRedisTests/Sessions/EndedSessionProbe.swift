import Hiredis
import LimiterCore
import LimiterRedis
import RedisClient

/// Sessions that are over, and somebody else's keys in the way of their end.
enum EndedSessionProbe {
  static let start: Int64 = 1_700_000_000_000_001
  static let slots = EffectiveLimit(id: LimitID(rule: "slots"), allowance: .concurrency(permits: 8))
  static let length: Int64 = 10_000

  static func problem(of model: RedisModel) async throws -> String? {
    let problem = try await firstProblem(of: model)
    try await model.removeAll()
    return problem
  }

  private static func firstProblem(of model: RedisModel) async throws -> String? {
    // Six sessions die; the first five meet a budget that is no number.
    for number in 1...6 {
      let session = "s\(number)"
      _ = try await model.perform(.open(session: session, timeToLive: length), at: start + Int64(number))
      guard try await acquire(session, budget(number), at: start + 20, model) else { return "\(session) got no permit" }
    }
    for number in 1...5 { try await set(budget(number).keyName, to: "words", model) }
    let later = start + 2 * length
    let heir = ModelOperation.open(session: "heir", timeToLive: 1_000_000)
    guard (try? await model.perform(heir, at: later)) == .session(alive: true) else {
      return "nobody can open a session"
    }
    // Four are looked at each time: that of the sixth is free when it has been its turn.
    for turn in 1...2 {
      guard try await acquire("heir", nil, number: Int64(turn), at: later + 10 * Int64(turn), model) else {
        return "nobody can acquire"
      }
    }
    let usage = try await model.perform(.inspect([slots, budget(6)]), at: later + 40)
    let expected = ModelAnswer.usage([.concurrency(held: 7, sessions: 6), .budget(spent: 3, held: 0)])
    guard usage == expected else { return "with keys in the way: \(usage)" }

    // The keys are mended, and nothing was lost.
    for number in 1...5 { try await set(budget(number).keyName, to: "0", model) }
    for turn in 3...4 {
      guard try await acquire("heir", nil, number: Int64(turn), at: later + 10 * Int64(turn), model) else {
        return "nobody can acquire any more"
      }
    }
    let rest = try await model.perform(.inspect([slots] + (1...6).map(budget)), at: later + 60)
    let all = [LimitUsage.concurrency(held: 4, sessions: 1)] + (1...6).map { _ in .budget(spent: 3, held: 0) }
    return rest == .usage(all) ? nil : "after the keys were mended: \(rest)"
  }

  static func budget(_ number: Int) -> EffectiveLimit {
    EffectiveLimit(
      id: LimitID(rule: "run", scope: ["r\(number)"]),
      allowance: .budget(nanodollars: 100, period: .lifetime, keep: 900_000))
  }

  static func acquire(
    _ session: String, _ budget: EffectiveLimit?, number: Int64 = 1, at time: Int64, _ model: RedisModel
  ) async throws -> Bool {
    let batch = AcquireBatch(
      session: session, lane: "m", operation: number, notAfter: ServerTime(microseconds: time + 1_000),
      limits: [slots] + (budget.map { [$0] } ?? []),
      requests: [
        AcquireBatch.Request(
          hold: 1_000,
          needs: [AcquireBatch.Need(limit: 0, amount: 1)]
            + (budget.map { _ in [AcquireBatch.Need(limit: 1, amount: 3)] } ?? []))
      ])
    guard case .acquired(.decided(_, _, _, let decisions))? = try? await model.perform(.acquire(batch), at: time) else {
      return false
    }
    return decisions == [.granted]
  }

  private static func set(_ name: String, to text: String, _ model: RedisModel) async throws {
    _ = try await model.admin.send([
      "SET", CommandArgument(model.keys.prefix + name), CommandArgument(text), "KEEPTTL",
    ])
  }
}
