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

  /// What calls waited on average over many seeds, in milliseconds.
  struct Means {
    var ours = 0.0
    /// If nobody passed anybody.
    var strict = 0.0
    /// If one scheduler that knows everything at once decided for all hosts.
    var central = 0.0
  }

  static func means(priorities: [Int], seeds: ClosedRange<UInt64> = 1...12) -> [String: Means] {
    var means: [String: Means] = [:]
    for seed in seeds {
      let arrivals = arrivals(seed: seed, priorities: priorities)
      var world = HostsWorld(hosts: 3, amount: amount, length: length)
      world.run(arrivals)
      #expect(world.waits.count == arrivals.count, "seed \(seed): everybody is served")
      let strict = StrictOrder.waits(arrivals.map { ($0.at, $0.tokens) }, amount: amount, length: length)
      let central = CentralBackfill.waits(
        arrivals.map { ($0.at, $0.tokens, $0.priority) }, amount: amount, length: length)
      for kind in ["large", "small"] {
        func mean(_ waits: [Int64]) -> Double {
          let all = zip(arrivals, waits).filter { HostsWorld.belongs($0.0.kind, to: kind) }.map(\.1)
          return Double(all.reduce(0, +)) / Double(max(all.count, 1)) / 1_000 / Double(seeds.count)
        }
        means[kind, default: Means()].ours += world.meanWait(kind) / Double(seeds.count)
        means[kind, default: Means()].strict += mean(strict)
        means[kind, default: Means()].central += mean(central)
      }
    }
    return means
  }

  @Test func aLargeCallIsNotStarvedAndSmallOnesUseWhatItLeaves() throws {
    let means = Self.means(priorities: [5])
    let (large, small) = (try #require(means["large"]), try #require(means["small"]))
    print("backfill, 12 seeds: large calls \(told(large)); small ones \(told(small))")
    #expect(large.ours <= 1.5 * large.strict)
    #expect(small.ours <= 0.8 * small.strict)
    // Three hosts that know of each other by the queue do as well as one that knows all.
    #expect(large.ours <= 1.05 * large.central)
    #expect(small.ours <= 1.05 * small.central)
  }

  /// Backfill alone leaves no room for the urgent calls that come later, and each of them makes the large one later: it would wait three
  /// times as long in this load, and with more urgent calls for minutes.
  @Test func urgentAndSmallCallsTogetherDoNotStarveALargeOne() throws {
    for (priorities, bound) in [([1, 5, 10], 1.75), ([1, 10], 2.25)] {
      let means = Self.means(priorities: priorities)
      let (large, small) = (try #require(means["large"]), try #require(means["small"]))
      print("backfill, 12 seeds, priorities \(priorities): large calls \(told(large)); small ones \(told(small))")
      #expect(large.ours <= bound * large.strict)
    }
  }

  private func told(_ means: Means) -> String {
    "\(Int(means.ours)) ms, in strict order \(Int(means.strict)) (\(rounded(means.ours / means.strict))x), "
      + "with one scheduler and plain backfill \(Int(means.central))"
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
