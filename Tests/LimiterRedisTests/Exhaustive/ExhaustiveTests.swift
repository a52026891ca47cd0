import LimiterCore
import LimiterRedis
import Testing

/// Everything that can happen in five steps over tiny limits: the scripts on a real Redis against the reference store.
@Suite struct ExhaustiveTests {
  static let depth = 5
  static let chunk = 400

  @Test func allSequencesOfFiveOperationsBehaveAsTheReferenceStore() async throws {
    let scripts = ModelScripts.make()
    let (sequences, compared) = Self.sequences()
    let difference = try await withModelRedis(scripts) { redis -> String? in
      let model = RedisModel(redis, scripts: scripts)
      for first in stride(from: 0, to: sequences.count, by: Self.chunk) {
        let part = sequences[first..<min(first + Self.chunk, sequences.count)].map(\.finished)
        if let difference = try await Self.firstDifference(part, model) { return difference }
      }
      return nil
    }
    print("exhaustive: \(compared) sequences of up to \(Self.depth) operations compared, in \(sequences.count) runs")
    #expect(difference == nil, "\(difference ?? "")")
    #expect(compared > 10_000)
  }

  /// The longest sequences, and how many there are with their beginnings. A letter that has nothing to act on adds none.
  private static func sequences() -> (longest: [TinyWorld], count: Int) {
    var level = [TinyWorld()]
    var count = 0
    for _ in 0..<depth {
      level = level.flatMap { world in
        TinyWorld.Letter.allCases.compactMap { letter in
          var next = world
          return next.take(letter) ? next : nil
        }
      }
      count += level.count
    }
    return (level, count)
  }

  private static func firstDifference(_ sequences: [[ModelStep]], _ model: RedisModel) async throws -> String? {
    let names = [
      "epoch", "sessions", "session:s1", "session:s2", "unsettled:19675", TinyWorld.window.keyName,
      TinyWorld.window.keyName + ":sum", TinyWorld.budget.keyName, TinyWorld.budget.keyName + ":held",
      TinyWorld.slots.keyName,
    ]
    let answers = try await model.run(sequences, forgetting: names)
    for (steps, answers) in zip(sequences, answers) {
      for (index, (step, answer)) in zip(steps, answers).enumerated() {
        if case .success(step.expected) = answer { continue }
        let story = steps[...index].map { "\($0.time.microseconds) \($0.operation)" }.joined(separator: "\n  ")
        return "\(story)\n  expected \(step.expected)\n  got      \(answer)"
      }
    }
    return nil
  }
}
