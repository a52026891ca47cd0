import LimiterCore
import LimiterRedis
import TestSupport

/// Runs sequences on both stores and tells where they part.
enum Differential {
  static func firstDifference(
    seeds: [UInt64], length: Int, bounds: StoreBounds, scripts: LimiterScripts, redis: ModelRedis
  ) async throws -> String? {
    for seed in seeds {
      let steps = SequenceGenerator.sequence(
        seed: seed, length: length, bounds: bounds,
        options: SequenceGenerator.Options(
          omitsRecords: true, adopts: true, cools: true, observes: true, announces: seed % 2 == 0))
      let model = RedisModel(redis, scripts: scripts)
      if let difference = try await difference(steps, model) {
        return "sequence with seed \(seed): \(difference)"
      }
    }
    return nil
  }

  static func difference(_ steps: [ModelStep], _ model: RedisModel) async throws -> String? {
    let (answers, hints) = try await model.hints(to: Set(steps.compactMap(\.opens))) { try await model.run(steps) }
    for (index, (step, answer)) in zip(steps, answers).enumerated() {
      switch answer {
      case .success(step.expected): continue
      case .success(let other):
        return
          "step \(index) at \(step.time.microseconds): \(step.operation)\n  expected \(step.expected)\n  got      \(other)"
      case .failure(let error):
        return "step \(index): \(step.operation)\n  expected \(step.expected)\n  failed   \(error)"
      }
    }
    let expected = steps.flatMap(\.hints).sorted()
    guard hints == expected else {
      let (missing, more) = (expected.without(hints), hints.without(expected))
      return "of \(expected.count) hints to those that wait \(missing) were not given, and \(more) were others"
    }
    let problem = try await StateAudit.problem(of: model)
    try await model.removeAll()
    return problem
  }
}

extension [WaiterHint] {
  /// Each of the others takes away one that is equal.
  fileprivate func without(_ others: [WaiterHint]) -> [WaiterHint] {
    var left = others.reduce(into: [WaiterHint: Int]()) { $0[$1, default: 0] += 1 }
    return filter { hint in
      guard let count = left[hint], count > 0 else { return true }
      left[hint] = count - 1
      return false
    }
  }
}
