import Hiredis
import LimiterCore
import LimiterRedis
import RedisClient

/// What the sequences cannot see, because the model's clock is not the server's: when keys would expire. Time that passes is
/// made by shortening the time that is left.
enum TimeToLiveProbe {
  static let length: Int64 = 10_000_000
  static let start: Int64 = 1_700_000_000_000_001

  static let window = EffectiveLimit(id: LimitID(rule: "requests"), allowance: .window(amount: 3, length: length))
  /// The same after a reload; longer than what the model gives all windows beyond their length.
  static let longer = EffectiveLimit(id: window.id, allowance: .window(amount: 3, length: 1_000 * length))
  static let run = EffectiveLimit(
    id: LimitID(rule: "run", scope: ["r"]), allowance: .budget(nanodollars: 100, period: .lifetime, keep: 900_000))
  static let day = EffectiveLimit(
    id: LimitID(rule: "day"),
    allowance: .budget(
      nanodollars: 100,
      period: BudgetPeriod(
        name: "d", start: ServerTime(microseconds: start), end: ServerTime(microseconds: start + 2 * length)),
      keep: 880_000))

  static func problem(of model: RedisModel) async throws -> String? {
    let problem = try await firstProblem(of: model)
    try await model.removeAll()
    return problem
  }

  private static func firstProblem(of model: RedisModel) async throws -> String? {
    _ = try await model.perform(.open(session: "s", timeToLive: 1_000_000_000), at: start)
    var number: Int64 = 0
    func acquire(_ amount: Int64, of window: EffectiveLimit = window, at time: Int64) async throws -> Bool {
      number += 1
      let batch = AcquireBatch(
        session: "s", lane: "m", operation: number, notAfter: ServerTime(microseconds: .max >> 11),
        limits: [window, run, day],
        requests: [
          AcquireBatch.Request(
            hold: 1, needs: [(0, amount), (1, 1), (2, 1)].map { AcquireBatch.Need(limit: $0.0, amount: $0.1) })
        ])
      guard case .acquired(.decided(_, _, _, let decisions)) = try await model.perform(.acquire(batch), at: time) else {
        return false
      }
      return decisions == [.granted]
    }

    guard try await acquire(1, at: start + 10) else { return "the first request was denied" }
    let (lifetime, period) = (keys(of: run), keys(of: day))
    for name in lifetime + period {
      guard try await left(name, model) > 800_000 else { return "\(name) was made without its time to live" }
      try await shorten(name, to: 400_000, model)
    }
    guard try await acquire(1, at: start + length - 1_000_000) else { return "the second request was denied" }
    for name in period where try await left(name, model) > 400_000 { return "\(name) lives longer after it was used" }
    for name in lifetime where try await left(name, model) < 800_000 { return "\(name) expires while it is in use" }

    // The first entry leaves in a call that is denied; what is added then must live a whole window from now on.
    let log = [window.keyName, window.keyName + ":sum"]
    for name in log { try await shorten(name, to: Int(length / 1_000), model) }
    guard try await !acquire(3, at: start + 10 + length) else { return "the third request was admitted" }
    guard try await acquire(1, at: start + 12 + length) else { return "the fourth request was denied" }
    for name in log where try await left(name, model) <= length / 1_000 {
      return "\(name) expires before its newest entry has left"
    }

    // The window has become longer: what stands in it is needed for longer, also by a call that is denied.
    guard try await !acquire(3, of: longer, at: start + 14 + length) else { return "the fifth request was admitted" }
    for name in log where try await left(name, model) <= 1_000 * length / 1_000 {
      return "\(name) expires before its entries have left the longer window"
    }
    // Somebody still knows the shorter one.
    _ = try await model.perform(.adjust(window, amount: 1, operation: "more"), at: start + 16 + length)
    for name in log where try await left(name, model) <= 1_000 * length / 1_000 {
      return "\(name) was shortened for a shorter window"
    }

    // The server's clock is set back, and the window is full: it is empty when its keys expire.
    for name in log { try await shorten(name, to: Int(length / 1_000), model) }
    guard try await !acquire(1, at: start) else { return "the sixth request was admitted" }
    for name in log where try await left(name, model) > length / 1_000 {
      return "\(name) is kept by denied calls while time stands still"
    }
    _ = try await model.perform(.adjust(window, amount: -1, operation: "less"), at: start + 2)
    guard try await acquire(1, at: start + 4) else { return "the seventh request was denied" }
    for name in log where try await left(name, model) <= length / 1_000 {
      return "\(name) expires before its newest entry has left, where time stands still"
    }
    return nil
  }

  private static func keys(of budget: EffectiveLimit) -> [String] { [budget.keyName, budget.keyName + ":held"] }

  private static func left(_ name: String, _ model: RedisModel) async throws -> Int64 {
    try await model.admin.send(["PTTL", CommandArgument(model.keys.prefix + name)]).int ?? -3
  }

  private static func shorten(_ name: String, to milliseconds: Int, _ model: RedisModel) async throws {
    _ = try await model.admin.send([
      "PEXPIRE", CommandArgument(model.keys.prefix + name), CommandArgument(Int64(milliseconds)),
    ])
  }
}
