import LimiterCore
import SeededRandom
import Testing

/// I10: k limiterds admit the same as one for the same arrivals.
@Suite struct HostCountTests {
  private static let amount: Int64 = 60_000
  private static let length: Int64 = 10_000_000
  private static let seeds: ClosedRange<UInt64> = 1...6

  /// What was granted: when each call was, in the order of the grants, and how much in each window, the first of which begins at `offset`.
  private struct Admitted {
    var grants: [(at: Int64, arrival: Int)]
    var perWindow: [Int64: Int64] = [:]

    init(hosts: Int, _ arrivals: [HostsWorld.Arrival], offset: Int64 = 0) {
      var arrivals = arrivals
      for index in arrivals.indices { arrivals[index].host %= hosts }
      var world = HostsWorld(hosts: hosts, amount: amount, length: length)
      world.run(arrivals)
      grants = world.grants
      for grant in grants { perWindow[(grant.at - offset) / length, default: 0] += arrivals[grant.arrival].tokens }
    }

    var calls: Set<Int> { Set(grants.map(\.arrival)) }
  }

  /// Calls that do not wait, of all sizes and twice as many as fit, each when the one before it has been answered.
  @Test(arguments: [2, 3]) func I10_callsThatAreDecidedAtOnceAreGrantedOnManyHostsAsOnOne(_ hosts: Int) {
    for seed in Self.seeds {
      var random = SeededGenerator(seed: seed)
      var now: Int64 = 0
      let arrivals = (0..<400).map { _ in
        now += .random(in: 1_000...400_000, using: &random)
        return HostsWorld.Arrival(
          at: now, host: .random(in: 0..<6, using: &random), tokens: .random(in: 250...4_750, using: &random),
          patience: nil, kind: "call")
      }
      let (one, many) = (Admitted(hosts: 1, arrivals), Admitted(hosts: hosts, arrivals))
      #expect(one.calls == many.calls, "seed \(seed)")
      #expect(one.perWindow == many.perWindow, "seed \(seed)")
      #expect(
        !one.calls.isEmpty && one.calls.count < arrivals.count, "seed \(seed): some were granted, and some denied")
    }
  }

  /// Calls that wait, of one size, in bursts of half as many again as fit into a window: what one host grants in a window, several do,
  /// and none much later. Neighbours in the queue may change places.
  @Test(arguments: [2, 3]) func I10_callsThatWaitAreGrantedOnManyHostsAsOnOne(_ hosts: Int) {
    var latest: Int64 = 0
    for seed in Self.seeds {
      var random = SeededGenerator(seed: seed)
      let arrivals = (0..<20).flatMap { burst in
        (0..<15).map { call in
          HostsWorld.Arrival(
            at: Int64(burst) * Self.length + Int64(call) * 100_000 + .random(in: 0..<90_000, using: &random),
            host: .random(in: 0..<6, using: &random), tokens: Self.amount / 10, kind: "call")
        }
      }
      // Nothing is granted in the second before a burst, so that no grant is near the end of a window.
      let offset = -Self.length / 10
      let one = Admitted(hosts: 1, arrivals, offset: offset)
      let many = Admitted(hosts: hosts, arrivals, offset: offset)
      #expect(one.calls.count == arrivals.count && many.calls == one.calls, "seed \(seed)")
      #expect(many.perWindow == one.perWindow, "seed \(seed)")
      for (first, second) in zip(one.grants, many.grants) { latest = max(latest, abs(second.at - first.at)) }
    }
    print("I10: \(hosts) hosts grant within \(latest) us of when one does")
    #expect(latest < 10_000)
  }

  @Test func I10_theCheckFindsHostsThatCountForThemselves() {
    let arrivals = (0..<40).map {
      HostsWorld.Arrival(at: Int64($0) * 1_000, host: $0, tokens: 6_000, patience: nil, kind: "call")
    }
    // Each host as if it were alone.
    let apart = (0..<2).flatMap { host in Admitted(hosts: 1, arrivals.filter { $0.host % 2 == host }).grants }
    #expect(apart.count == 2 * Admitted(hosts: 2, arrivals).grants.count)
  }
}
