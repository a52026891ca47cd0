import LimiterCore
import LimiterRedis
import Testing

/// Who passes whom: at most those that make the best-ranked waiter no later.
@Suite struct QueueTests {
  @Test(arguments: QueueStory.all.indices)
  func aStoryEndsAsItShould_andTheScriptsTellTheSame(_ number: Int) async throws {
    let told = QueueStory.all[number]
    #expect(told.answers == told.expected, "\(told.what)")
    #expect(told.hints == told.expectedHints ?? told.hints, "\(told.what)")
    let scripts = ModelScripts.make()
    let difference = try await withModelRedis(scripts) {
      try await Differential.difference(told.steps, RedisModel($0, scripts: scripts))
    }
    #expect(difference == nil, "\(told.what): \(difference ?? "")")
  }
}
