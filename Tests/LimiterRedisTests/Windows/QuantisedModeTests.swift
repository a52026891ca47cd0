import Hiredis
import LimiterCore
import LimiterRedis
import RedisClient
import Testing

/// Quantised mode with the scripts' own bounds: more than 4,096 entries in a window.
@Suite struct QuantisedModeTests {
  static let length: Int64 = 600_000_000
  static let amount: Int64 = 12_000
  static let window = EffectiveLimit(id: LimitID(rule: "requests"), allowance: .window(amount: amount, length: length))

  @Test func aLogStaysBounded_andTheWindowIsNeverPassed() async throws {
    let scripts = ModelScripts.make()
    try await withModelRedis(scripts) { redis in
      let model = RedisModel(redis, scripts: scripts)
      let start: Int64 = 1_700_000_000_000_000
      _ = try await model.perform(.open(session: "s", timeToLive: 100 * Self.length), at: start)
      var admitted: [Int64] = []
      var longest: Int64 = 0
      var number: Int64 = 0
      // Three windows and a bit, one request each 36 ms: 16,667 a window are offered, 12,000 fit.
      for chunk in 0..<55 {
        let steps = (0..<1_000).map { index in
          number += 1
          return Self.step(number, at: start + 36_000 * (Int64(chunk) * 1_000 + Int64(index)))
        }
        for answer in try await model.run(steps) {
          guard case .acquired(.decided(let now, _, _, let decisions)) = try answer.get() else {
            throw UnexpectedAnswer()
          }
          if decisions == [.granted] { admitted.append(now.microseconds) }
        }
        let entries = try await model.admin.send(["ZCARD", CommandArgument(model.keys.prefix + Self.window.keyName)])
        longest = max(longest, entries.int ?? .max)
      }
      #expect(longest > 4_096, "the test does not reach quantised mode: \(longest) entries")
      #expect(longest <= 4_096 + 2_048 + 1, "\(longest) entries")

      var oldest = 0
      for (index, now) in admitted.enumerated() {
        while admitted[oldest] <= now - Self.length { oldest += 1 }
        #expect(index - oldest + 1 <= Self.amount)
      }
      // Not too careful either: a window acts as one that is longer by at most a quantum.
      let whole = admitted.filter { $0 > start + 2 * Self.length && $0 <= start + 3 * Self.length }.count
      print("quantised mode: at most \(longest) entries; \(whole) of \(Self.amount) admitted in the third window")
      #expect(whole >= Self.amount * 99 / 100)
      #expect(try await StateAudit.problem(of: model) == nil)
      try await model.removeAll()
    }
  }

  private static func step(_ number: Int64, at time: Int64) -> ModelStep {
    let batch = AcquireBatch(
      session: "s", lane: "m", operation: number, notAfter: ServerTime(microseconds: time + length), limits: [window],
      requests: [AcquireBatch.Request(hold: 1, needs: [AcquireBatch.Need(limit: 0, amount: 1)])])
    return ModelStep(
      time: ServerTime(microseconds: time), operation: .acquire(batch), expected: .session(alive: true))
  }
}
