import Testing

@testable import Resilience

@Suite struct BackoffTests {
  @Test(arguments: 0..<100) func fullJitterIsBelowTheCappedDoubling(_ retry: Int) {
    let backoff = Backoff()
    let whole = retry > 7 ? 60 : min(0.5 * Double(1 << retry), 60)
    for random in [0, 0.25, 0.999] {
      let wait = backoff.wait(retry: retry, base: .milliseconds(500), last: nil, random: random)
      #expect(abs(wait.seconds - whole * random) < 1e-6)
    }
  }

  @Test(arguments: Backoff.Jitter.allCases) func noWaitIsNegativeOrAboveTheCap(_ jitter: Backoff.Jitter) {
    let backoff = Backoff(jitter: jitter, cap: .seconds(10))
    var last: Duration?
    for retry in [-1, 0, 1, 5, 62, 63, 64, Int.max] {
      for random in [-1.0, 0, 0.5, 1, 2, .nan, .infinity] {
        let wait = backoff.wait(retry: retry, base: .seconds(1), last: last, random: random)
        #expect(wait >= .zero && wait <= .seconds(10), "\(jitter) \(retry) \(random): \(wait)")
        last = wait
      }
    }
  }

  @Test func equalJitterHasHalfForSure() {
    let backoff = Backoff(jitter: .equal)
    #expect(backoff.wait(retry: 2, base: .seconds(1), last: nil, random: 0) == .seconds(2))
    #expect(backoff.wait(retry: 2, base: .seconds(1), last: nil, random: 1) == .seconds(4))
  }

  @Test func aHintIsNeverShortenedAndSpreadByATenthOrASecond() {
    #expect(Backoff.wait(own: .seconds(1), hint: nil, random: 0.5) == .seconds(1))
    #expect(Backoff.wait(own: .seconds(1), hint: .zero, random: 0.5) == .seconds(1))
    #expect(Backoff.wait(own: .seconds(1), hint: .seconds(2), random: 0) == .seconds(2))
    #expect(Backoff.wait(own: .seconds(1), hint: .seconds(2), random: 1) == .milliseconds(2_200))
    #expect(Backoff.wait(own: .seconds(9), hint: .seconds(2), random: 0) == .seconds(9))
    #expect(Backoff.wait(own: .zero, hint: .seconds(600), random: 1) == .seconds(601))
  }
}
