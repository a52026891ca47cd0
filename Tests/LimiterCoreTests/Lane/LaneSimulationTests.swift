import LimiterCore
import Testing

/// Many random callers of one lane against the reference store, over a line that delays, loses and cuts.
///
/// Looked at: everybody has exactly one answer; nothing is held in the end; what is charged is what callers got; no tick asks for another tick at once; and
/// the batches that are sent are bounded by what happened, however long it takes.
@Suite struct LaneSimulationTests {
  @Test(arguments: 1...60 as ClosedRange<UInt64>)
  func everybodyHasOneAnswerAndNothingIsLeftBehind(_ seed: UInt64) {
    var world = LaneWorld(seed: seed)
    world.run(callers: 150)
    #expect(world.problems == [], "seed \(seed)")
    #expect(world.answered == 150, "seed \(seed)")
    #expect(world.leftovers == "", "seed \(seed)")
    #expect(world.charged == world.owed, "seed \(seed): charged, and what callers got")
    // A batch for each arrival and answer at most, and one for each look at full slots (20 ms).
    let bound = 2 * 150 + world.faults * 12 + Int(world.now / 20_000) + 50
    #expect(world.batches <= bound, "seed \(seed): \(world.batches) batches, at most \(bound)")
  }

  @Test func aThousandWaitersOfAFullWindowCostFewBatches() {
    var world = LaneWorld(seed: 7, losses: 0)
    world.enqueueAll(count: 1_000, waiting: 60_000_000)
    world.settleDown()
    #expect(world.problems == [])
    #expect(world.answered == 1_000)
    // 100 calls a second are admitted, each group of a window at once: some looks per window, not one per waiter.
    #expect(world.batches < 120, "\(world.batches) batches")
  }
}
