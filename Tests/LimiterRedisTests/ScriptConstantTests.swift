@testable import LimiterCore
@testable import LimiterRedis
import RedisClient
import Testing

/// The scripts' constants and ``LimiterBounds`` say the same.
@Suite struct ScriptConstantTests {
  @Test(arguments: [
    ("prelude", "PRUNED", Int64(LimiterBounds.pruned)), ("prelude", "EXACT_ENTRIES", Int64(LimiterBounds.exactEntries)),
    ("prelude", "QUANTA", LimiterBounds.quanta), ("prelude", "REAPED_SESSIONS", Int64(LimiterBounds.reapedSessions)),
    ("prelude", "REAPED_PERMITS", Int64(LimiterBounds.reapedPermits)),
    ("walk", "RETRY_WALK", Int64(LimiterBounds.retryWalk)), ("waiters", "START_GRACE_US", ReferenceStore.startGrace),
    ("waiters", "ASK_AGAIN_US", ReferenceStore.askAgain), ("waiters", "FOLLOWERS", Int64(ReferenceStore.followers)),
    ("waiters", "QUEUE_LANES", Int64(ReferenceStore.queueLanes)), ("waiters", "SAME_TIME_US", ReferenceStore.sameTime),
    ("waiters", "SPREAD_US", ReferenceStore.spread), ("waiters", "SPREAD_SHARE", ReferenceStore.spreadShare),
  ])
  func aConstantOfAScriptIsTheBoundOfTheLibrary(_ file: String, _ name: String, _ bound: Int64) {
    #expect(Self.constant(name, of: file) == bound)
  }

  @Test func theModelsEditsFindTheirMarks() {
    // Otherwise the model would run with the server's clock, or never reach a bound.
    let edited = ModelScripts.make(bounds: ModelScripts.smallBounds)
    for script in edited.all { #expect(!script.source.contains("'TIME'"), "\(script.name)") }
    #expect(edited.acquire.source.contains("local PRUNED = \(ModelScripts.smallBounds.pruned) "))
    #expect(edited.acquire.source.contains("local EXACT_ENTRIES = \(ModelScripts.smallBounds.exactEntries) "))
    #expect(edited.acquire.source.contains("local QUANTA = \(ModelScripts.smallBounds.quanta) "))
    #expect(edited.acquire.source.contains("local RETRY_WALK = \(ModelScripts.smallBounds.retryWalk)\n"))
    #expect(edited.acquire.source.contains("local RETRY_CHUNK = 2\n"))
  }

  @Test func everyIncludedTextIsThere() {
    for script in LimiterScripts.standard.all { #expect(!script.source.contains("-- include "), "\(script.name)") }
  }

  /// `local NAME = number` at the start of a line.
  private static func constant(_ name: String, of file: String) -> Int64? {
    var found: Int64?
    _ = LimiterScripts { script, text in
      guard script == file else { return text }
      for line in text.split(separator: "\n") where line.hasPrefix("local \(name) = ") {
        found = Int64(line.dropFirst("local \(name) = ".count).prefix { $0.isNumber })
      }
      return text
    }
    return found
  }
}
