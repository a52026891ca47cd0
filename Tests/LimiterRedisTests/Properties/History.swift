import LimiterCore
import LimiterRedis
import SeededRandom
import TestSupport

/// How many sequences a check may take to find a planted mistake; it stops at the first that shows it. Far more than it takes,
/// because a check that is unlucky now and then is a flaky test.
let sequencesForAPlantedMistake = 1_000

/// Random operations as a real Redis answered them.
struct History {
  var seed: UInt64
  var steps: [(step: ModelStep, answer: ModelAnswer)]

  /// The account of the whole history.
  var ledger: Ledger {
    steps.reduce(into: Ledger()) { $0.note($1.step.operation, at: $1.step.time, $1.answer) }
  }

  /// Sequences of the generator, each in a domain of its own that `then` may go on with; it says whether it wants more.
  static func run(
    for purpose: String, count: Int, length: Int, options: SequenceGenerator.Options,
    bounds: StoreBounds = ModelScripts.smallBounds, mutant: Mutant? = nil,
    then body: @Sendable (History, RedisModel) async throws -> Bool
  ) async throws {
    try await forEachSeed(for: purpose, count: count, bounds: bounds, mutant: mutant) { seed, model in
      let steps = SequenceGenerator.sequence(seed: seed, length: length, bounds: bounds, options: options)
      let answers = try await model.run(steps)
      let history = History(seed: seed, steps: try zip(steps, answers).map { ($0, try $1.get()) })
      return try await body(history, model)
    }
  }

  /// Seeds, each with an empty domain; `body` says whether it wants more.
  static func forEachSeed(
    for purpose: String, count: Int, bounds: StoreBounds, mutant: Mutant?,
    _ body: @Sendable (UInt64, RedisModel) async throws -> Bool
  ) async throws {
    let seeded = SeededGenerator(for: purpose)
    let scripts = ModelScripts.make(bounds: bounds, mutate: mutant?.apply ?? { $1 })
    try await withModelRedis(scripts) { redis in
      var random = seeded
      for _ in 0..<count {
        let model = RedisModel(redis, scripts: scripts)
        let wantsMore = try await body(random.next(), model)
        try await model.removeAll()
        if !wantsMore { return }
      }
    }
  }
}
