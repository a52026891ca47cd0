import Hiredis
import NIOCore
import NIOEmbedded
import Testing

@testable import RedisClient

@Suite("NOSCRIPT")
struct ForgottenScriptTests {
  private let script = RedisScript(name: "one", source: "return 1")
  private var call: RedisCommand.Payload { .script(script, keys: ["k"], arguments: [7]) }

  @Test func aScriptIsCalledByItsSHA1() throws {
    let fixture = try HandlerFixture.ready()
    fixture.send("a", call)
    #expect(
      try fixture.writes() == [
        "*5\r\n$7\r\nEVALSHA\r\n$40\r\n\(script.sha1)\r\n$1\r\n1\r\n$1\r\nk\r\n$1\r\n7\r\n"
      ])
  }

  @Test func itIsLoadedOnceForAllWhoMissIt() throws {
    let fixture = try HandlerFixture.ready()
    fixture.send("a", call)
    fixture.send("b", call)
    fixture.send("c")
    #expect(try fixture.written() == ["EVALSHA", "EVALSHA", "ECHO"])
    try fixture.receive("-NOSCRIPT No matching script.\r\n-NOSCRIPT No matching script.\r\n+c\r\n")
    #expect(try fixture.written() == ["SCRIPT", "EVALSHA", "EVALSHA"])
    try fixture.receive("$40\r\n\(script.sha1)\r\n:1\r\n:2\r\n")
    #expect(fixture.events == ["ready", "c=c", "a=1", "b=2"])
  }

  @Test func itIsLoadedAgainTheNextTime() throws {
    let fixture = try HandlerFixture.ready()
    for name in ["a", "b"] {
      fixture.send(name, call)
      try fixture.receive("-NOSCRIPT\r\n")
      try fixture.receive("$40\r\n\(script.sha1)\r\n:1\r\n")
    }
    #expect(fixture.events == ["ready", "a=1", "b=1"])
  }

  @Test func theSecondTimeIsAnError() throws {
    let fixture = try HandlerFixture.ready()
    fixture.send("a", call)
    try fixture.receive("-NOSCRIPT\r\n")
    try fixture.receive("-NOPERM no SCRIPT for you\r\n-NOSCRIPT\r\n")
    #expect(fixture.events == ["ready", "a!noScript (sent, not run)"])
    #expect(try fixture.written() == ["EVALSHA", "SCRIPT", "EVALSHA"])
  }

  @Test func theErrorTellsWhyLoadingFailed() throws {
    let fixture = try HandlerFixture.ready()
    var cause: RedisError?
    let promise = fixture.loop.makePromise(of: Reply.self)
    promise.futureResult.assumeIsolated().whenFailure { cause = ($0 as? RedisError)?.cause as? RedisError }
    fixture.handler.send(RedisCommand(call, deadline: .now() + .seconds(5), promise: promise))
    try fixture.receive("-NOSCRIPT\r\n")
    try fixture.receive("-NOPERM no SCRIPT for you\r\n-NOSCRIPT\r\n")
    #expect(cause?.code == .noPermission)
  }

  @Test func whoHasGoneIsNotSentAgain() throws {
    let fixture = try HandlerFixture.ready()
    fixture.send("a", call).abandon()
    #expect(try fixture.written() == ["EVALSHA"])
    try fixture.receive("-NOSCRIPT\r\n")
    #expect(try fixture.written() == [])
  }

  @Test func itsDeadlineStaysTheFirstOne() throws {
    let fixture = try HandlerFixture.ready()
    fixture.send("a", in: .seconds(2), call)
    fixture.loop.advanceTime(by: .seconds(1))
    try fixture.receive("-NOSCRIPT\r\n")
    fixture.loop.advanceTime(by: .seconds(1))
    #expect(fixture.events == ["ready", "ended timeout", "a!timeout (may have run)"])
  }

  @Test func aNOSCRIPTOfAPlainCommandIsItsCallers() throws {
    let fixture = try HandlerFixture.ready()
    fixture.send("a", .plain(["EVALSHA", "0123", 0]))
    try fixture.receive("-NOSCRIPT\r\n")
    #expect(fixture.events == ["ready", "a!noScript (sent, not run)"])
  }
}
