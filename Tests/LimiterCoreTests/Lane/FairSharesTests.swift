import SeededRandom
import Testing

@testable import LimiterCore

@Suite struct FairSharesTests {
  /// A server that takes the best-ranked of what waits, `rate` microseconds each.
  private struct Line {
    var shares = FairShares()
    var waiting: [UInt64: (start: Int64, name: String)] = [:]
    var served: [String] = []
    var next: UInt64 = 0

    mutating func come(_ name: String, weight: Int64 = 1, cost: Int64 = 1_000, at now: Int64) {
      next += 1
      let waiting = waiting
      let start = shares.start(
        WaiterShare(name: name, weight: weight), priority: 5, cost: cost, id: next, at: now,
        isWaiting: { waiting[$0] != nil })
      self.waiting[next] = (start, name)
    }

    mutating func serve(_ count: Int) {
      for _ in 0..<count {
        guard let best = waiting.min(by: { ($0.value.start, $0.key) < ($1.value.start, $1.key) }) else { return }
        waiting[best.key] = nil
        served.append(best.value.name)
      }
    }
  }

  @Test func aFloodKeepsNobodyWaiting() {
    var line = Line()
    for _ in 0..<1_000 { line.come("flood", at: 0) }
    line.serve(100)
    // It has had its turn for 100 ms; what comes now is next to its next call.
    for _ in 0..<10 { line.come("small", at: 100_000) }
    line.serve(20)
    #expect(line.served.suffix(20).count { $0 == "small" } >= 9)
  }

  @Test func whatIsExpectedOfANewcomerIsWhatHappens() {
    var shares = FairShares()
    var random = SeededGenerator(seed: 7)
    var waiting: Set<UInt64> = []
    for id in UInt64(1)...2_000 {
      let now = Int64(id) * 700
      let share = WaiterShare(name: "t\(Int.random(in: 0..<5, using: &random))", weight: 1)
      let priority = Int.random(in: 4...5, using: &random)
      let isWaiting = { [waiting] in waiting.contains($0) }
      let expected = shares.expectedStart(share, priority: priority, at: now, isWaiting: isWaiting)
      let start = shares.start(
        share, priority: priority, cost: .random(in: 1...3_000, using: &random), id: id, at: now,
        isWaiting: isWaiting)
      #expect(expected == start)
      waiting.insert(id)
      waiting.remove(.random(in: 1...id, using: &random))
    }
  }

  @Test func partsAreByWeight() {
    var line = Line()
    for _ in 0..<400 {
      line.come("gold", weight: 3, at: 0)
      line.come("plain", at: 0)
    }
    line.serve(400)
    let gold = line.served.count { $0 == "gold" }
    #expect((295...305).contains(gold), "three of four, got \(gold) of 400")
  }

  @Test func costCounts() {
    var line = Line()
    for _ in 0..<400 {
      line.come("large", cost: 4_000, at: 0)
      line.come("small", cost: 1_000, at: 0)
    }
    line.serve(200)
    let large = line.served.count { $0 == "large" }
    #expect((38...42).contains(large), "a fifth of the calls, so half of what there is; got \(large) of 200")
  }

  @Test func whoComesBackHasSavedUpNothingAndOwesNothing() {
    var line = Line()
    // Alone for a while: nobody else wanted it.
    for step in 0..<100 {
      line.come("a", at: Int64(step) * 1_000)
      line.serve(1)
    }
    for _ in 0..<50 { line.come("b", at: 200_000) }
    for _ in 0..<50 { line.come("a", at: 200_000) }
    line.serve(50)
    let back = line.served.suffix(50).count { $0 == "b" }
    #expect((24...26).contains(back), "half each; b got \(back) of 50")
  }

  @Test func noTwoCallsHaveTheSameStart() {
    var shares = FairShares()
    var starts: Set<Int64> = []
    for id in 0..<5_000 as Range<UInt64> {
      let start = shares.start(
        WaiterShare(name: "t\(id * 7_919 % 3_001)", weight: 1), priority: 5, cost: Int64(id % 9 + 1) * 1_000_003,
        id: id, at: 7, isWaiting: { _ in true })
      starts.insert(start)
    }
    // A tenant's counter may meet another's, which costs the order between the two and nothing else.
    #expect(starts.count > 4_900)
  }

  @Test func theCostIsThatOfTheTightestLimit() {
    func need(_ amount: Int64, of allowance: EffectiveLimit.Allowance) -> LimitNeed {
      LimitNeed(limit: EffectiveLimit(id: LimitID(rule: "l"), allowance: allowance), amount: amount)
    }
    let minute: Int64 = 60_000_000
    #expect(FairShares.cost(of: []) == 1)
    #expect(FairShares.cost(of: [need(1, of: .window(amount: 60, length: minute))]) == 1_000_000)
    #expect(
      FairShares.cost(of: [
        need(1, of: .window(amount: 60, length: minute)), need(500, of: .window(amount: 1_000, length: minute)),
      ]) == minute / 2)
    #expect(FairShares.cost(of: [need(1, of: .concurrency(permits: 4))]) == 250_000)
    #expect(
      FairShares.cost(of: [need(LimiterBounds.amount, of: .window(amount: LimiterBounds.amount, length: minute))])
        == minute)
  }
}
