import LimiterCore
import Testing

@Suite struct ServerClockTests {
  private static func time(_ microseconds: Int64) -> ServerTime { ServerTime(microseconds: microseconds) }

  @Test func itIsBehindByTheWayOfAnAnswerAndNeverAhead() {
    var clock = ServerClock()
    #expect(clock.estimate(at: 5) == Self.time(5))
    // Said at 1,000,000, heard at 40: it was 1,000,000 or a little later there.
    clock.observe(Self.time(1_000_000), sentAt: 20, at: 40)
    #expect(clock.estimate(at: 40) == Self.time(1_000_000))
    #expect(clock.estimate(at: 140) == Self.time(1_000_100))
    #expect(clock.local(Self.time(1_000_100)) == 140)
  }

  @Test func aSlowAnswerTellsNothingAndAFasterOneMore() {
    var clock = ServerClock()
    clock.observe(Self.time(1_000_000), sentAt: 20, at: 40)
    // Said at 1,000,200, and under way for five seconds.
    clock.observe(Self.time(1_000_200), sentAt: 230, at: 5_000_230)
    #expect(clock.estimate(at: 5_000_240) == Self.time(6_000_200))
    // Said at 6,000,215 and heard 2 us later: the first way was longer.
    clock.observe(Self.time(6_000_215), sentAt: 5_000_240, at: 5_000_242)
    #expect(clock.estimate(at: 5_000_242) == Self.time(6_000_215))
  }

  @Test func aClockThatWasSetCountsAsItIsNow() {
    var clock = ServerClock()
    clock.observe(Self.time(1_000_000), sentAt: 20, at: 40)
    clock.observe(Self.time(900_000), sentAt: 180, at: 200)
    #expect(clock.estimate(at: 200) == Self.time(900_000), "back")
    clock.observe(Self.time(90_000_000), sentAt: 280, at: 300)
    #expect(clock.estimate(at: 300) == Self.time(90_000_000), "ahead")
    clock.set(Self.time(7), at: 300)
    #expect(clock.estimate(at: 301) == Self.time(8))
  }
}
