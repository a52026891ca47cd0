import LimiterCore
import LimiterRedis
import TestSupport
import Testing

/// I7: denied changes nothing, in any limit.
@Suite struct I7DeniedTests {
  static let options = SequenceGenerator.Options(sessionsDie: false)

  @Test func I7_whatIsDeniedChangesNoKey() async throws {
    let denied = try await Self.run(for: "I7", count: 12, mutant: nil) { seed, difference in
      #expect(difference == nil, "seed \(seed): \(difference ?? "")")
      return true
    }
    print("I7: \(denied) denied batches looked at")
    #expect(denied > 80)
  }

  @Test(arguments: ["a denied request keeps what it took first", "a denied request is not counted but charged"])
  func I7_theCheckFindsAMistake(_ name: String) async throws {
    let mutant = try #require(Mutant.all.first { $0.name == name })
    let found = Recorded()
    _ = try await Self.run(for: "planted: \(name)", count: sequencesForAPlantedMistake, mutant: mutant) {
      _, difference in
      if difference != nil { await found.raise() }
      return difference == nil
    }
    #expect(await found.isRaised, "nothing was seen with the mistake '\(name)'")
  }

  private static func run(
    for purpose: String, count: Int, mutant: Mutant?, _ body: @Sendable (UInt64, String?) async throws -> Bool
  ) async throws -> Int {
    let denied = Count()
    let bounds = ModelScripts.smallBounds
    try await History.forEachSeed(for: purpose, count: count, bounds: bounds, mutant: mutant) { seed, model in
      var difference: String?
      for step in SequenceGenerator.sequence(seed: seed, length: 80, bounds: bounds, options: options)
      where difference == nil {
        difference = try await look(at: step, model, denied)
      }
      return try await body(seed, difference)
    }
    return await denied.sum
  }

  private static func look(at step: ModelStep, _ model: RedisModel, _ denied: Count) async throws -> String? {
    guard case .acquire(let batch) = step.operation else {
      _ = try await model.perform(step.operation, at: step.time.microseconds)
      return nil
    }
    let before = try await KeyContent.read(model)
    guard case .acquired(let answer) = try await model.perform(step.operation, at: step.time.microseconds) else {
      throw UnexpectedAnswer()
    }
    let now: Int64
    switch answer {
    case .decided(let now, _, _, let decisions) where decisions.contains(.granted):
      // The answer of an operation that came again is an old one.
      if batch.isResent || !decisions.contains(where: { $0 != .granted }) { return nil }
      let after = try await KeyContent.read(model)
      await denied.add(1)
      return difference(batch, decisions, before, after, at: now.microseconds)
    case .decided(let time, _, _, _), .stale(let time), .superseded(let time), .noSession(let time),
      .otherPeriod(let time, _), .forgotten(let time, _):
      now = time.microseconds
    }
    let windows = batch.limits.reduce(into: [String: Int64]()) { lengths, limit in
      if case .window(_, let length) = limit.allowance { lengths[limit.keyName] = length }
    }
    let after = try await KeyContent.read(model)
    let (first, second) = (before.live(at: now, windows: windows), after.live(at: now, windows: windows))
    let changed = Set(first.keys).union(second.keys).filter { first[$0] != second[$0] }.sorted()
    let text = changed.map { "\($0): \(first[$0] ?? "(none)") became \(second[$0] ?? "(none)")" }
    await denied.add(1)
    return text.isEmpty ? nil : "\(step.operation) was answered \(answer), and \(text)"
  }

  /// Of a batch that was granted in part, every limit holds what was granted and nothing else.
  private static func difference(
    _ batch: AcquireBatch, _ decisions: [BatchDecision], _ before: KeyContent, _ after: KeyContent, at now: Int64
  ) -> String? {
    for (index, limit) in batch.limits.enumerated() {
      let granted = zip(batch.requests, decisions).filter { $0.1 == .granted }
        .flatMap(\.0.needs).filter { $0.limit == index }.reduce(Int64(0)) { $0 + $1.amount }
      let added = after.amount(of: limit, at: now) - before.amount(of: limit, at: now)
      if added != granted { return "\(batch): \(limit.keyName) grew by \(added), granted was \(granted)" }
    }
    return nil
  }
}
