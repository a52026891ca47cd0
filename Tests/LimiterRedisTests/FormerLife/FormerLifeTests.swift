import LimiterRedis
import Testing

@Suite struct FormerLifeTests {
  @Test func aSessionIdThatIsUsedAgainMovesNoEntry() async throws {
    let scripts = ModelScripts.make()
    let problem = try await withModelRedis(scripts) {
      try await FormerLifeProbe.problem(of: RedisModel($0, scripts: scripts))
    }
    #expect(problem == nil, "\(problem ?? "")")
  }
}
