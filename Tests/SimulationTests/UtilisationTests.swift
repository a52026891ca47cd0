import Oracle
import Testing

@testable import Simulation

@Suite struct UtilisationTests {
  private func arrivals(every microseconds: Int64, until end: Int64, from start: Int64 = 0) -> [Arrival] {
    stride(from: start, to: end, by: Int64.Stride(microseconds)).map {
      Arrival(atMicroseconds: $0, untilMicroseconds: $0 + 500_000, amounts: ["requests": 1])
    }
  }

  private let limits = SimulationLimits(
    windows: [WindowRule(unit: .requests, amount: 10, length: .seconds(10))], concurrency: 1)

  private func share(_ accepted: [Arrival], from start: Int64 = 0, seconds: Double) -> Double? {
    Utilisation.shares(
      of: limits, accepted, from: start, for: .microseconds(Int64(seconds * 1_000_000)))["requests"]
  }

  @Test func `a window that is used up all the time is 1, however long the run`() {
    for seconds in [10.0, 15, 20, 52, 60] {
      let accepted = arrivals(every: 1_000_000, until: Int64(seconds * 1_000_000), from: 7)
      #expect(share(accepted, from: 7, seconds: seconds) == 1)
    }
  }

  @Test func `all of a window in a run that is shorter is 1, and not more`() {
    #expect(share(arrivals(every: 100_000, until: 1_000_000), seconds: 3) == 1)
    #expect(share(arrivals(every: 100_000, until: 500_000), seconds: 3) == 0.5)
  }

  @Test func `a burst at the beginning of a window that is not whole adds nothing`() {
    let bursts = arrivals(every: 1, until: 10) + arrivals(every: 1, until: 10_000_010, from: 10_000_000)
    #expect(share(bursts, seconds: 15) == 1)
    #expect(share(bursts, seconds: 20) == 1)
  }

  @Test func `slots are busy for a mean share of the time`() {
    let shares = Utilisation.shares(
      of: limits, arrivals(every: 1_000_000, until: 10_000_000), from: 0, for: .seconds(10))
    #expect(shares["concurrency"] == 0.5)
    #expect(Utilisation.shares(of: limits, [], from: 0, for: .zero) == [:])
  }
}
