import Hiredis
import NIOCore
import Testing

@testable import RedisClient

@Suite("Pipelining")
struct PipeliningTests {
  @Test func commandsOfOneTickAreOneWrite() throws {
    let fixture = try HandlerFixture.ready()
    for name in ["a", "b", "c"] { fixture.send(name) }
    #expect(
      try fixture.writes() == [["a", "b", "c"].map { "*2\r\n$4\r\nECHO\r\n$1\r\n\($0)\r\n" }.joined()])
    fixture.send("d")
    #expect(try fixture.writes().count == 1)
  }

  @Test func commandsSentInAnswerToRepliesAreOneWriteToo() throws {
    let fixture = try HandlerFixture.ready()
    for name in ["a", "b", "c"] { fixture.send(name) { fixture.send(name + name) } }
    _ = try fixture.writes()
    try fixture.receive("+a\r\n+b\r\n+c\r\n")
    #expect(try fixture.writes().count == 1)
    try fixture.receive("+aa\r\n+bb\r\n+cc\r\n")
    #expect(fixture.events == ["ready", "a=a", "b=b", "c=c", "aa=aa", "bb=bb", "cc=cc"])
  }

  @Test func muchDataDoesNotWaitForTheEndOfTheTick() throws {
    let fixture = try HandlerFixture.ready()
    for _ in 0..<3 { fixture.send("big", .plain(["SET", "k", .init([UInt8](repeating: 7, count: 50_000))])) }
    #expect(try fixture.writes().count == 2)
  }

  @Test("a reply may come in pieces of any size", arguments: [1, 2, 3, 7])
  func inPieces(_ size: Int) throws {
    let fixture = try HandlerFixture.ready()
    for name in ["a", "b", "c"] { fixture.send(name) }
    var rest = Substring("$5\r\nhello\r\n:42\r\n+c\r\n")
    while !rest.isEmpty {
      try fixture.receive(String(rest.prefix(size)))
      rest = rest.dropFirst(size)
    }
    #expect(fixture.events == ["ready", "a=hello", "b=42", "c=c"])
  }

  @Test func anAbandonedReplyIsDroppedAndItsNeighboursAreNot() throws {
    let fixture = try HandlerFixture.ready()
    fixture.send("a")
    let abandoned = fixture.send("b")
    fixture.send("c")
    _ = try fixture.writes()
    abandoned.abandon()
    try fixture.receive("+a\r\n+b\r\n+c\r\n")
    #expect(fixture.events == ["ready", "b!cancelled (may have run)", "a=a", "c=c"])
    #expect(fixture.handler.pendingCount == 0 && fixture.handler.pendingByteCount == 0)
  }

  @Test func anErrorReplyHarmsNobodyElse() throws {
    let fixture = try HandlerFixture.ready()
    for name in ["a", "b"] { fixture.send(name) }
    try fixture.receive("-WRONGTYPE no\r\n+b\r\n")
    #expect(fixture.events == ["ready", "a!wrongType (sent, not run)", "b=b"])
    #expect(fixture.isOpen)
  }

  @Test func whatIsBoundedIsCounted() throws {
    let fixture = try HandlerFixture.ready()
    fixture.send("abc")
    fixture.send("x", .plain(["SET", "k", 123]))
    #expect(fixture.handler.pendingCount == 2)
    #expect(fixture.handler.pendingByteCount == 7 + 7)
    try fixture.receive("+abc\r\n")
    #expect(fixture.handler.pendingByteCount == 7)
  }

  @Test func aCommandThatCannotBeEncodedIsNotSent() throws {
    let fixture = try HandlerFixture.ready()
    fixture.send("nothing", .plain([]))
    fixture.send("a")
    try fixture.receive("+a\r\n")
    #expect(fixture.events == ["ready", "nothing!invalidCommand (not sent)", "a=a"])
  }
}
