import LimiterCore
import LimiterRedis
import Testing

@Suite struct AnnounceStoryTests {
  @Test func theScriptsTellTheSame_andEachEntryLeavesInItsTurn() async throws {
    let used = AnnounceStory.steps.suffix(3).map { step -> Int64? in
      guard case .acquired(.decided(_, _, let used, _)) = step.expected else { return nil }
      return used.first
    }
    // 3 and 5 are told, 1 is added by each call: the 3 leave with the first of them, the 5 with the second.
    #expect(used == [6, 2, 3])
    // As the judge of the mutants runs them.
    let scripts = ModelScripts.make(bounds: ModelScripts.smallBounds)
    let difference = try await withModelRedis(scripts) {
      try await Differential.difference(AnnounceStory.steps, RedisModel($0, scripts: scripts))
    }
    #expect(difference == nil, "\(difference ?? "")")
  }
}
