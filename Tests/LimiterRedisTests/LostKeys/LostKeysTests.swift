import LimiterRedis
import Testing

@Suite struct LostKeysTests {
  @Test func whatIsGivenBackAfterALossIsNotTakenFromOthers() async throws {
    let scripts = ModelScripts.make()
    let problem = try await withModelRedis(scripts) {
      try await LostKeysProbe.problem(of: RedisModel($0, scripts: scripts))
    }
    #expect(problem == nil, "\(problem ?? "")")
  }
}
