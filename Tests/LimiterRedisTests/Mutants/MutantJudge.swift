import Hiredis
import LimiterCore
import LimiterRedis
import RedisClient

/// Looks for anything that tells a mutant of the scripts from the scripts.
struct MutantJudge: Sendable {
  let redis: ModelRedis
  /// What sequences are about, besides limits and permits: too much in one, and each part comes too seldom for its rarest mistake.
  enum Family: CaseIterable {
    case plain, adopting, cooling, observing, announcing

    /// The one that meets the mistakes of a script.
    init(file: String) {
      switch file {
      case "adopt": self = .adopting
      case "cooldown": self = .cooling
      case "observe": self = .observing
      case "announce": self = .announcing
      default: self = .plain
      }
    }

    fileprivate var options: SequenceGenerator.Options {
      SequenceGenerator.Options(
        adopts: true, adoptsOften: self == .adopting, cools: self == .cooling, observes: self == .observing,
        announces: self == .announcing)
    }
  }

  /// Random sequences with the reference store's answers, the same for all mutants of a family.
  let sequences: [Family: [Sequence]]
  /// Seeds of further sequences, for a mutant that all of those let pass: some mistakes show in one sequence of twenty only, and
  /// one of so many mutants would then survive by chance now and then.
  let furtherSeeds: [UInt64]

  typealias Sequence = (seed: UInt64, steps: [ModelStep])

  static func sequence(seed: UInt64, _ family: Family) -> Sequence {
    (
      seed,
      SequenceGenerator.sequence(
        seed: seed, length: 200, bounds: ModelScripts.smallBounds, options: family.options)
    )
  }

  /// What gives the mutant away; `nil`: nothing does.
  func verdict(on mutant: Mutant) async throws -> String? {
    let scripts = ModelScripts.make(bounds: ModelScripts.smallBounds, mutate: mutant.apply)
    let family = mutant.family
    if let verdict = try await verdict(on: scripts, [family]) { return verdict }
    for (index, seed) in furtherSeeds.enumerated() {
      let number = (sequences[family]?.count ?? 0) + index + 1
      let sequence = Self.sequence(seed: seed, family)
      if let found = try await verdict(on: scripts, sequence, number: number) { return found }
    }
    return nil
  }

  func verdict(on scripts: LimiterScripts, _ families: [Family] = Family.allCases) async throws -> String? {
    // In a pipeline, the first call of a script that Redis does not know would be carried out after its followers.
    for script in scripts.all {
      _ = try await redis.client.send(["SCRIPT", "LOAD", CommandArgument(script.source)])
    }
    for (index, sequence) in families.flatMap({ sequences[$0] ?? [] }).enumerated() {
      if let found = try await verdict(on: scripts, sequence, number: index + 1) { return found }
    }
    for told in QueueStory.all {
      if try await Differential.difference(told.steps, RedisModel(redis, scripts: scripts)) != nil {
        return "queue: \(told.what)"
      }
    }
    if try await Differential.difference(FleetStory.steps, RedisModel(redis, scripts: scripts)) != nil {
      return "fleet: the story"
    }
    if try await Differential.difference(AnnounceStory.steps, RedisModel(redis, scripts: scripts)) != nil {
      return "announcements: the story"
    }
    if let problem = try await TimeToLiveProbe.problem(of: RedisModel(redis, scripts: scripts)) {
      return "time to live: \(problem)"
    }
    if let problem = try await LostKeysProbe.problem(of: RedisModel(redis, scripts: scripts)) {
      return "lost keys: \(problem)"
    }
    if let problem = try await FormerLifeProbe.problem(of: RedisModel(redis, scripts: scripts)) {
      return "former life: \(problem)"
    }
    if let problem = try await EndedSessionProbe.problem(of: RedisModel(redis, scripts: scripts)) {
      return "ended sessions: \(problem)"
    }
    if let problem = try await DeadWaiterProbe.problem(of: RedisModel(redis, scripts: scripts)) {
      return "dead waiter: \(problem)"
    }
    return nil
  }

  private func verdict(
    on scripts: LimiterScripts, _ sequence: Sequence, number: Int
  ) async throws -> String? {
    guard let difference = try await Differential.difference(sequence.steps, RedisModel(redis, scripts: scripts)) else {
      return nil
    }
    return "sequence \(number) (seed \(sequence.seed)), \(Self.summary(difference))"
  }

  /// The first words, up to where the operation is spelt out.
  private static func summary(_ difference: String) -> String {
    let line = difference.split(separator: "\n", maxSplits: 1).first.map(String.init) ?? ""
    return String(line.split(separator: "(", maxSplits: 1).first ?? "").trimmingCharacters(maximum: 80)
  }
}

extension String {
  fileprivate func trimmingCharacters(maximum: Int) -> String {
    count > maximum ? prefix(maximum) + "..." : self
  }
}
