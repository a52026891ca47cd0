import Testing

@testable import RedisClient

@Suite("Scripts that Redis forgot")
struct ScriptReloadsTests {
  @Test func oneLoadServesAllWhoWait() {
    var reloads = ScriptReloads()
    let (one, two) = (RedisScript(name: "1", source: "return 1"), RedisScript(name: "2", source: "return 2"))
    #expect([one, one, two, one].map { reloads.shouldLoad($0) } == [true, false, true, false])
    reloads.loaded(one, error: nil)
    #expect([one, two].map { reloads.shouldLoad($0) } == [true, false])
  }

  @Test func theReasonOfAFailedLoadIsKeptUntilTheNext() {
    var reloads = ScriptReloads()
    let script = RedisScript(name: "1", source: "return 1")
    _ = reloads.shouldLoad(script)
    reloads.loaded(script, error: ServerErrorTable.error(forReply: "NOPERM no", isScript: false))
    #expect(reloads.lastError(of: script)?.code == .noPermission)
    _ = reloads.shouldLoad(script)
    reloads.loaded(script, error: nil)
    #expect(reloads.lastError(of: script) == nil)
  }
}
