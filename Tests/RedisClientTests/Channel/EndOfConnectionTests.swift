import Hiredis
import NIOCore
import NIOEmbedded
import Testing

@testable import RedisClient

@Suite("The end of a connection")
struct EndOfConnectionTests {
  @Test func aReplicaIsDrainedAndLeft() throws {
    let fixture = try HandlerFixture.ready()
    for name in ["write", "read"] { fixture.send(name) }
    try fixture.receive("-READONLY You can't write against a read only replica.\r\n")
    #expect(fixture.events == ["ready", "draining", "write!readOnly (sent, not run)"])
    fixture.send("new")
    #expect(fixture.events.last == "new!connectionLost (not sent)")
    try fixture.receive("+read\r\n")
    #expect(fixture.events.suffix(2) == ["read=read", "ended readOnly"])
    #expect(!fixture.isOpen)
  }

  @Test func theServerClosed() throws {
    let fixture = try HandlerFixture.ready()
    fixture.send("a")
    fixture.channel.pipeline.fireChannelInactive()
    #expect(fixture.events == ["ready", "ended connectionLost", "a!connectionLost (may have run)"])
  }

  @Test func theServerClosedDuringTheHandshake() throws {
    let fixture = try HandlerFixture()
    fixture.activate()
    fixture.channel.pipeline.fireChannelInactive()
    #expect(fixture.events == ["ended connectionLost"])
  }

  @Test(arguments: [
    "!boom\r\n", "HTTP/1.1 400 Bad Request\r\n", "*3\r\n:x\r\n", ":12a\r\n", "$-2\r\n", "\0\0\0\0",
  ])
  func whatIsNotRESPEndsIt(_ bytes: String) throws {
    let fixture = try HandlerFixture.ready()
    fixture.send("a")
    try fixture.receive(bytes)
    #expect(fixture.events == ["ready", "ended protocolViolation", "a!connectionLost (may have run)"])
  }

  @Test func theRepliesBeforeTheNonsenseAreDelivered() throws {
    let fixture = try HandlerFixture.ready()
    for name in ["a", "b"] { fixture.send(name) }
    try fixture.receive("+a\r\n!boom\r\n")
    #expect(fixture.events == ["ready", "a=a", "ended protocolViolation", "b!connectionLost (may have run)"])
  }

  @Test func aReplyThatNobodyAskedForEndsIt() throws {
    let fixture = try HandlerFixture.ready()
    fixture.send("a")
    try fixture.receive("+a\r\n+b\r\n")
    #expect(fixture.events == ["ready", "a=a", "ended protocolViolation"])
  }

  @Test func aReplyOverABoundEndsIt() throws {
    let fixture = try HandlerFixture.ready { $0.limits.reply = .init(maximumBulkLength: 10) }
    fixture.send("a")
    try fixture.receive("$11\r\n")
    #expect(fixture.events == ["ready", "ended protocolViolation", "a!connectionLost (may have run)"])
  }

  @Test func aServerThatTurnsUsAwayIsUnderstood() throws {
    let fixture = try HandlerFixture()
    fixture.activate()
    try fixture.receive("-ERR max number of clients reached\r\n")
    #expect(fixture.events == ["ended tooManyClients"])
  }

  @Test func aCallerMayCloseInAnswerToItsReply() throws {
    let fixture = try HandlerFixture.ready()
    let reason = RedisError(.stopped, "x", outcome: .unknown)
    fixture.send("a") { fixture.handler.finish(reason) }
    fixture.send("b") { fixture.send("c") }
    try fixture.receive("+a\r\n+b\r\n")
    #expect(
      fixture.events == [
        "ready", "a=a", "ended stopped", "b!stopped (may have run)", "c!connectionLost (not sent)",
      ])
  }

  @Test func aCallerMayDrainInAnswerToTheLastReply() throws {
    let fixture = try HandlerFixture.ready()
    fixture.send("a") { fixture.handler.drain(because: RedisError(.stopped, "x", outcome: .unknown)) }
    try fixture.receive("+a\r\n")
    #expect(fixture.events == ["ready", "a=a", "ended stopped"])
  }

  @Test func pushesGoToTheOwner() throws {
    let fixture = try HandlerFixture(role: .subscriptions)
    fixture.activate()
    try fixture.receive("+PONG\r\n*1\r\n+message\r\n")
    fixture.handler.sendUnmatched(["SUBSCRIBE", "a"])
    #expect(try fixture.written() == ["PING", "SUBSCRIBE"])
    #expect(fixture.events == ["ready", "push"])
  }
}
