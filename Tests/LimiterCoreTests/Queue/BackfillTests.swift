import LimiterCore
import SeededRandom
import Testing

/// The order over hosts, in figures: what backfill costs the large calls, and what it gives the small ones.
@Suite struct BackfillTests {
  static let amount: Int64 = 60_000
  static let length: Int64 = 10_000_000

  /// 24 workers on three hosts: small calls at nine tenths of the limit, and now and then one of half the window.
  static func arrivals(seed: UInt64, priorities: [Int] = [5]) -> [HostsWorld.Arrival] {
    var random = SeededGenerator(seed: seed)
    var arrivals: [HostsWorld.Arrival] = []
    var now: Int64 = 0
    var large: Int64 = 15_000_000
    // 300 seconds at 95 % of the limit: a quarter of it is for the large calls.
    while now < 300_000_000 {
      // 750 tokens each 178 ms are 42 of the 60 thousand in 10 s.
      now += Int64.random(in: 0...357_000, using: &random)
      if now > large {
        large += 20_000_000
        arrivals.append(
          HostsWorld.Arrival(at: now, host: .random(in: 0...2, using: &random), tokens: amount / 2, kind: "large"))
      }
      let worker = Int.random(in: 0..<24, using: &random)
      let priority = priorities[worker % priorities.count]
      arrivals.append(
        HostsWorld.Arrival(
          at: now, host: worker % 3, tokens: .random(in: 250...1_250, using: &random), priority: priority,
          kind: "small \(priority)"))
    }
    return arrivals
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func aLargeCallIsNotStarvedAndSmallOnesUseWhatItLeaves(_ seed: UInt64) {
    let arrivals = Self.arrivals(seed: seed)
    var world = HostsWorld(hosts: 3, amount: Self.amount, length: Self.length)
    world.run(arrivals)
    #expect(world.waits.count == arrivals.count, "seed \(seed): everybody is served")
    let strict = StrictOrder.waits(arrivals.map { ($0.at, $0.tokens) }, amount: Self.amount, length: Self.length)
    func mean(_ kind: String) -> Double {
      let all = zip(arrivals, strict).filter { $0.0.kind == kind }.map(\.1)
      return Double(all.reduce(0, +)) / Double(max(all.count, 1)) / 1_000
    }
    let (large, small) = (world.meanWait("large") / mean("large"), world.meanWait("small 5") / mean("small 5"))
    print(
      "backfill, seed \(seed): large calls wait \(Int(world.meanWait("large"))) ms (strict order \(Int(mean("large"))), "
        + "\(rounded(large))x), small ones \(Int(world.meanWait("small 5"))) ms (\(Int(mean("small 5"))), \(rounded(small))x)"
    )
    #expect(large <= 1.5, "seed \(seed)")
    #expect(small <= 1, "seed \(seed)")
  }

  @Test func urgentCallsWaitLess_andNobodyWaitsForEver() {
    let arrivals = Self.arrivals(seed: 4, priorities: [1, 5, 10])
    var world = HostsWorld(hosts: 3, amount: Self.amount, length: Self.length)
    world.run(arrivals)
    let kinds = ["small 1", "small 5", "small 10", "large"]
    for kind in kinds {
      print(
        "priorities: \(kind) waits \(Int(world.meanWait(kind))) ms on average, \(Int(world.longestWait(kind))) at most")
    }
    #expect(world.waits.count == arrivals.count, "everybody is served")
    #expect(world.meanWait("small 1") < world.meanWait("small 5"))
    #expect(world.meanWait("small 5") < world.meanWait("small 10"))
  }

  /// Calls of one size that all wait: they are served in the order of their ranks, whichever host they are on.
  @Test func theOrderOverHostsIsThatOfTheRanks() {
    var random = SeededGenerator(seed: 9)
    let arrivals = (0..<300).map { index in
      HostsWorld.Arrival(
        at: 1_000 * Int64(index), host: .random(in: 0...2, using: &random), tokens: 6_000,
        priority: .random(in: 1...10, using: &random), kind: "call")
    }
    var world = HostsWorld(hosts: 3, amount: Self.amount, length: Self.length)
    world.run(arrivals)
    #expect(world.grants.count == 300)
    // Ten have room at a time. What has room at the same time may come in any order within some milliseconds.
    var wrong = 0
    for (index, later) in world.grants.enumerated() {
      let (better, came) = (arrivals[later.arrival].priority, arrivals[later.arrival].at)
      for earlier in world.grants[..<index] where earlier.at + 50_000 < later.at && came < earlier.at {
        let other = arrivals[earlier.arrival]
        if (better, came) < (other.priority, other.at) { wrong += 1 }
      }
    }
    print("order over hosts: \(world.grants.count) calls, \(wrong) pairs in the wrong order")
    #expect(wrong == 0)
  }

  private func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
}
