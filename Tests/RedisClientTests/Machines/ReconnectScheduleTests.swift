import SeededRandom
import TestSupport
import Testing

@testable import RedisClient

@Suite("When to connect again")
struct ReconnectScheduleTests {
  let policy = RedisReconnect(base: .milliseconds(50), cap: .seconds(1), stablePeriod: .seconds(10))

  @Test func ceilingsDoubleUpToTheCap() {
    let schedule = ReconnectSchedule(policy)
    #expect(
      (0...6).map(schedule.ceiling(of:)) == [50, 100, 200, 400, 800, 1_000, 1_000].map(Duration.milliseconds))
    #expect(schedule.ceiling(of: .max) == .seconds(1))
  }

  @Test func aDelayIsAnywhereBetweenZeroAndTheCeiling() {
    var random = SeededGenerator(for: #function)
    var delays: [Duration] = []
    for _ in 0..<2_000 {
      var schedule = ReconnectSchedule(policy)
      for _ in 0..<2 { _ = schedule.lost(at: .zero, using: &random) }
      delays.append(schedule.lost(at: .zero, using: &random))
    }
    #expect(delays.allSatisfy { $0 >= .zero && $0 <= .milliseconds(200) })
    // Full jitter, not "half the ceiling and a bit": each tenth of the range is hit.
    for tenth in 0..<10 {
      let low = Duration.milliseconds(20 * tenth)
      #expect(delays.contains { $0 >= low && $0 < low + .milliseconds(20) }, "nothing from \(low)")
    }
  }

  @Test func onlyAStableConnectionStartsTheCountAgain() {
    var random = SeededGenerator(for: #function)
    var schedule = ReconnectSchedule(policy)
    var now = Duration.seconds(100)
    for attempt in 1...4 {
      _ = schedule.lost(at: now, using: &random)
      #expect(schedule.attempts == attempt)
    }
    // It accepts, and drops after 9.9 s: no recovery.
    schedule.connected(at: now)
    now += .milliseconds(9_900)
    _ = schedule.lost(at: now, using: &random)
    #expect(schedule.attempts == 5)
    // It lives for the stable period: the next loss is the first.
    schedule.connected(at: now)
    now += .seconds(10)
    _ = schedule.lost(at: now, using: &random)
    #expect(schedule.attempts == 1)
    // A failed attempt after that isn't measured from the old connection.
    now += .seconds(1_000)
    _ = schedule.lost(at: now, using: &random)
    #expect(schedule.attempts == 2)
  }
}
