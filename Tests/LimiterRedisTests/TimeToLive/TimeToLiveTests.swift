import LimiterRedis
import Testing

@Suite struct TimeToLiveTests {
  @Test func keysLiveAsLongAsTheyAreNeeded() async throws {
    let scripts = ModelScripts.make()
    let problem = try await withModelRedis(scripts) {
      try await TimeToLiveProbe.problem(of: RedisModel($0, scripts: scripts))
    }
    #expect(problem == nil, "\(problem ?? "")")
  }
}
