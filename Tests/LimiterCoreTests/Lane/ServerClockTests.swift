import LimiterCore
import Testing

@Suite struct ServerClockTests {
  @Test func itIsBehindByTheWayOfTheLastAnswerAndNeverAhead() {
    var clock = ServerClock()
    #expect(clock.estimate(at: 5) == ServerTime(microseconds: 5))
    // Said at 1,000,000, heard at 40: it was 1,000,000 or a little later there.
    clock.observe(ServerTime(microseconds: 1_000_000), at: 40)
    #expect(clock.estimate(at: 40) == ServerTime(microseconds: 1_000_000))
    #expect(clock.estimate(at: 140) == ServerTime(microseconds: 1_000_100))
    #expect(clock.local(ServerTime(microseconds: 1_000_100)) == 140)
    // The server's clock was set back: what it says counts.
    clock.observe(ServerTime(microseconds: 900_000), at: 200)
    #expect(clock.estimate(at: 200) == ServerTime(microseconds: 900_000))
  }
}
