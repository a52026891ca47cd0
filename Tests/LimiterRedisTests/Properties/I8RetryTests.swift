import Hiredis
import LimiterCore
import LimiterRedis
import RedisClient
import TestSupport
import Testing

/// I8: remaining and retry-after are never negative; sleeping until `retry at` and asking alone succeeds.
@Suite struct I8RetryTests {
  @Test func I8_askingAloneAtRetryAtIsGranted_andAStampEarlierItIsNot() async throws {
    let tried = try await Self.run(for: "I8", count: 40, mutant: nil) { seed, problem in
      #expect(problem == nil, "seed \(seed): \(problem ?? "")")
      return true
    }
    print("I8: \(tried) denials tried again")
    #expect(tried > 30)
  }

  @Test(arguments: ["retry at is a step early", "retry at is the first limit's"])
  func I8_theCheckFindsAMistake(_ name: String) async throws {
    let mutant = try #require(Mutant.all.first { $0.name == name })
    let found = Recorded()
    _ = try await Self.run(for: "planted: \(name)", count: sequencesForAPlantedMistake, mutant: mutant) { _, problem in
      if problem != nil { await found.raise() }
      return problem == nil
    }
    #expect(await found.isRaised, "nothing was seen with the mistake '\(name)'")
  }

  private static func run(
    for purpose: String, count: Int, mutant: Mutant?, _ body: @Sendable (UInt64, String?) async throws -> Bool
  ) async throws -> Int {
    let tried = Count()
    let bounds = ModelScripts.smallBounds
    try await History.forEachSeed(for: purpose, count: count, bounds: bounds, mutant: mutant) { seed, model in
      var problem: String?
      for step in SequenceGenerator.sequence(seed: seed, length: 80, bounds: bounds) where problem == nil {
        let answer = try await model.perform(step.operation, at: step.time.microseconds)
        // The answer of an operation that came again may be an old one.
        guard case .acquire(let batch) = step.operation, !batch.isResent, case .acquired(let answer) = answer else {
          continue
        }
        problem = try await look(at: batch, answer, model, tried)
      }
      return try await body(seed, problem)
    }
    return await tried.sum
  }

  private static func look(
    at batch: AcquireBatch, _ answer: AcquireAnswer, _ model: RedisModel, _ tried: Count
  ) async throws -> String? {
    guard case .decided(let now, _, let used, let decisions) = answer else { return nil }
    if let negative = used.firstIndex(where: { $0 < 0 }) {
      return "\(batch.limits[negative].keyName) is used \(used[negative])"
    }
    for (request, decision) in zip(batch.requests, decisions) {
      if case .denied(_, .notBefore(let time)) = decision, time < now { return "retry after is negative" }
      guard case .denied(_, .at(let time)) = decision else { continue }
      if time < now { return "retry after is negative" }
      await tried.add(1)
      guard try await ask(request, of: batch, at: time.microseconds, model) else {
        return "\(request) of \(batch) was denied at \(time.microseconds), its retry at"
      }
      if time.microseconds - 2 > now.microseconds,
        try await ask(request, of: batch, at: time.microseconds - 2, model)
      {
        return "\(request) of \(batch) was granted before \(time.microseconds), its retry at"
      }
    }
    return nil
  }

  /// Asks for one request alone, in a copy of the domain, as if nobody else had been there since.
  private static func ask(
    _ request: AcquireBatch.Request, of batch: AcquireBatch, at time: Int64, _ model: RedisModel
  ) async throws -> Bool {
    let copy = RedisModel(ModelRedis(client: model.client, admin: model.admin), scripts: model.scripts)
    for key in try await model.allKeys() {
      let name = copy.keys.prefix + key.dropFirst(model.keys.prefix.count)
      _ = try await model.admin.send(["COPY", CommandArgument(key), CommandArgument(name)])
    }
    var alone = batch
    alone.session = "alone"
    (alone.operation, alone.remembered) = (1, 0)
    alone.notAfter = ServerTime(microseconds: time + 1_000)
    alone.limits = batch.limits.map { limit($0, at: time) }
    alone.requests = [request]
    // Nobody is ahead of it.
    alone.requests[0].rank = -1
    _ = try await copy.perform(.open(session: "alone", timeToLive: 1_000_000), at: time)
    let answer = try await copy.perform(.acquire(alone), at: time)
    try await copy.removeAll()
    guard case .acquired(.decided(_, _, _, let decisions)) = answer else { throw UnexpectedAnswer() }
    return decisions == [.granted]
  }

  /// The limit at another time: a budget's period may be the next one.
  private static func limit(_ limit: EffectiveLimit, at time: Int64) -> EffectiveLimit {
    guard case .budget(let amount, let period, let keep) = limit.allowance, let end = period.end,
      time >= end.microseconds
    else { return limit }
    let length = SequenceGenerator.periodLength
    let next = BudgetPeriod(
      name: "next", start: end,
      end: ServerTime(microseconds: end.microseconds + length * (1 + (time - end.microseconds) / length)))
    return EffectiveLimit(id: limit.id, allowance: .budget(nanodollars: amount, period: next, keep: keep))
  }
}
