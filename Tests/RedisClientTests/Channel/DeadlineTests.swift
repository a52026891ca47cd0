import Hiredis
import NIOCore
import NIOEmbedded
import Testing

@testable import RedisClient

@Suite("Deadlines on a connection")
struct DeadlineTests {
  @Test func aLateReplyCostsTheConnectionAndNobodyKnowsWhatHasRun() throws {
    let fixture = try HandlerFixture.ready()
    fixture.send("slow", in: .seconds(9))
    fixture.send("late", in: .seconds(2))
    _ = try fixture.writes()
    fixture.loop.advanceTime(by: .milliseconds(1_999))
    #expect(fixture.events == ["ready"])
    fixture.loop.advanceTime(by: .milliseconds(1))
    #expect(
      fixture.events == [
        "ready", "ended timeout", "slow!connectionLost (may have run)", "late!timeout (may have run)",
      ])
    #expect(!fixture.isOpen)
    // Its reply after all: belongs to nobody any more.
    fixture.send("new")
    #expect(fixture.events.last == "new!connectionLost (not sent)")
  }

  @Test func aTimerOfAnAnsweredCommandDoesNoHarm() throws {
    let fixture = try HandlerFixture.ready()
    fixture.send("a", in: .seconds(2))
    try fixture.receive("+a\r\n")
    fixture.loop.advanceTime(by: .seconds(1))
    fixture.send("b", in: .seconds(3))
    fixture.loop.advanceTime(by: .seconds(2))
    #expect(fixture.events == ["ready", "a=a"])
    // The timer was set again, for b.
    fixture.loop.advanceTime(by: .seconds(1))
    #expect(fixture.events.last == "b!timeout (may have run)")
  }

  @Test func anEarlierDeadlineMovesTheTimer() throws {
    let fixture = try HandlerFixture.ready()
    fixture.send("long", in: .seconds(60))
    fixture.send("short", in: .seconds(1))
    fixture.loop.advanceTime(by: .seconds(1))
    #expect(fixture.events.contains("short!timeout (may have run)"))
  }

  @Test func aCommandWhoseCallerHasGoneStillHasItsDeadline() throws {
    let fixture = try HandlerFixture.ready()
    fixture.send("a", in: .seconds(1)).abandon()
    fixture.loop.advanceTime(by: .seconds(1))
    #expect(fixture.events == ["ready", "a!cancelled (may have run)", "ended timeout"])
  }

  @Test func theHandshakeHasOneToo() throws {
    let fixture = try HandlerFixture { $0.connectTimeout = .seconds(3) }
    fixture.activate()
    try fixture.receive("+PONG\r\n")
    fixture.loop.advanceTime(by: .seconds(3))
    #expect(fixture.events == ["ended connectFailed"])
  }

  @Test func aDoneHandshakeHasNone() throws {
    let fixture = try HandlerFixture.ready { $0.connectTimeout = .seconds(3) }
    fixture.loop.advanceTime(by: .hours(1))
    #expect(fixture.events == ["ready"])
  }
}
