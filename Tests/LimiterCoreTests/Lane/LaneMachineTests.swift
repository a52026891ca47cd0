import Testing

@testable import LimiterCore

/// Group commit and the order of waiters. In the timelines windows allow 100, slots 2, budgets 1,000 a second.
@Suite struct LaneMachineTests {
  @Test func oneBatchIsInFlightAndWhatArrivesMeanwhileIsTheNext() throws {
    try LaneTimeline.play(
      """
      0  enqueue a        -> -
      0  open A           -> send A1 [w=1]
      1  enqueue b        -> -
      1  enqueue c w=5    -> -
      2  answer ok        -> a granted A/m.1.1; send A2 [w=1 w=5]
      3  answer ok, no w@9 -> b granted A/m.2.1; c denied w 77 of 100
      3  next             -> 1000.0
      """)
  }

  @Test func theOrderIsPriorityThenArrival() throws {
    try LaneTimeline.play(
      """
      0  open A              -> -
      0  enqueue x           -> send A1 [w=1]
      1  enqueue low w=2 p=10 -> -
      1  enqueue n1 w=3      -> -
      1  enqueue urgent w=4 p=1 -> -
      1  enqueue n2 w=5      -> -
      2  answer ok           -> x granted A/m.1.1; send A2 [w=4 w=3 w=5 w=2]
      """)
  }

  @Test func aWaiterIsParkedUntilTheTimeThatRedisGave() throws {
    try LaneTimeline.play(
      """
      0   open A                -> -
      0   enqueue a w=60 wait=500 -> send A1 [w=60]
      1   answer no w@50        -> -
      1   next                  -> 50.0
      2   enqueue b w=60 wait=500 -> -
      2   next                  -> 50.0
      49  tick                  -> -
      50  tick                  -> send A2 [w=60 w=60]
      51  answer ok, no w@80    -> a granted A/m.2.1
      51  next                  -> 80.0
      80  tick                  -> send A3 [w=60]
      81  answer ok             -> b granted A/m.3.1
      81  next                  -> 500.0
      500 tick                  -> -
      500 next                  -> none
      """)
  }

  @Test func whoIsAskedForAgainStillWaits() throws {
    try LaneTimeline.play(
      """
      0   open A                -> -
      0   enqueue a w=60 wait=500 -> send A1 [w=60]
      0   ahead w               -> 0
      1   answer no w@50        -> -
      2   enqueue b w=60 wait=500 -> -
      2   ahead w               -> 2
      50  tick                  -> send A2 [w=60 w=60]
      50  ahead w               -> 2
      50  ahead s               -> 0
      51  answer ok, no w@80    -> a granted A/m.2.1
      51  ahead w               -> 1
      """)
  }

  @Test func whoIsDecidedOnceIsNotHeldUpByThoseThatWait() throws {
    try LaneTimeline.play(
      """
      0  open A                 -> -
      0  enqueue a w=60 wait=500 -> send A1 [w=60]
      1  answer no w@50         -> -
      2  enqueue once w=1       -> send A2 [w=1]
      3  answer no w@40         -> once denied w 77 of 100
      3  next                   -> 50.0
      """)
  }

  @Test func aWaiterThatIsBlockedByItsOwnTenantHoldsUpNobodyElse() throws {
    try LaneTimeline.play(
      """
      0  open A                          -> -
      0  enqueue a wt1=9 w=1 wait=500    -> send A1 [wt1=9+w=1]
      1  answer no wt1@50                -> -
      2  enqueue b wt2=1 w=1 wait=500    -> send A2 [wt2=1+w=1]
      3  answer ok                       -> b granted A/m.2.1
      4  enqueue c wt1=9 w=1 wait=500    -> -
      50 tick                            -> send A3 [wt1=9+w=1 wt1=9+w=1]
      51 answer ok, ok                   -> a granted A/m.3.1; c granted A/m.3.2
      """)
  }

  @Test func whoIsBehindIsAskedForAgainWhenTheBetterOneStartsOrThereIsRoom() throws {
    try LaneTimeline.play(
      """
      0  open A                           -> -
      0  enqueue x                        -> send A1 [w=1]
      0  enqueue a wa=90 wb=90 wait=500   -> -
      0  enqueue b wb=1 wait=500          -> -
      1  answer ok                        -> x granted A/m.1.1; send A2 [wa=90+wb=90 wb=1]
      2  answer no wa@50, behind wb@50    -> -
      2  next                             -> 50.0
      50 tick                             -> send A3 [wa=90+wb=90 wb=1]
      51 answer ok, behind wb@10          -> a granted A/m.3.1
      51 next                             -> 71.0
      52 release wb                       -> send A4 [wb=1]
      """)
  }

  @Test func whoIsBetterRankedThanAllThatWaitIsAskedForAtOnce() throws {
    try LaneTimeline.play(
      """
      0  open A                       -> -
      0  enqueue a w=90 wait=500      -> send A1 [w=90]
      1  answer no w@50               -> -
      2  enqueue urgent w=1 p=1 wait=500 -> send A2 [w=1]
      3  answer no w@40               -> -
      3  next                         -> 40.0
      4  enqueue second w=1 p=1 wait=500 -> -
      40 tick                         -> send A3 [w=1 w=1 w=90]
      """)
  }

  @Test func onlySomeOfManyThatWaitAreAskedForAtATime() throws {
    try LaneTimeline.play(
      """
      0   enqueue a w=1 wait=900    -> -
      0   enqueue b w=2 wait=900    -> -
      0   enqueue c w=3 wait=900    -> -
      0   enqueue d w=4 wait=900    -> -
      0   open A                    -> send A1 [w=1 w=2 w=3 w=4]
      1   answer no w@50, behind w@50, behind w@50, behind w@50 -> -
      50  tick                      -> send A2 [w=1 w=2]
      51  answer ok, no w@90        -> a granted A/m.2.1
      90  tick                      -> send A3 [w=2 w=3]
      91  answer ok, ok             -> b granted A/m.3.1; c granted A/m.3.2; send A4 [w=4]
      """, settings: LaneMachine.Settings(answerTime: 100_000, capacity: 100, probe: 2))
  }

  @Test func slotsAreAskedForWhenTheyAreFreedHereAndFromTimeToTime() throws {
    try LaneTimeline.play(
      """
      0  open A                    -> -
      0  enqueue a s=1 wait=500    -> send A1 [s=1]
      1  answer about s@1          -> -
      1  next                      -> 21.0
      5  release other             -> -
      6  release s                 -> send A2 [s=1]
      7  answer about s@7          -> -
      27 tick                      -> send A3 [s=1]
      28 answer ok                 -> a granted A/m.3.1
      """)
  }

  @Test func whoWasDeniedBehindOneThatHasGoneMeanwhileIsAskedForAgainAtOnce() throws {
    try LaneTimeline.play(
      """
      0  open A                    -> -
      0  enqueue l w=90 wait=900   -> send A1 [w=90]
      1  answer no w@500           -> -
      2  enqueue s w=10 wait=900   -> send A2 [w=10]
      3  cancel l                  -> -
      4  answer behind w@500       -> send A3 [w=10] leaving w
      5  answer ok                 -> s granted A/m.3.1
      """)
  }

  /// Of a lane only the best call stands in a limit's queue. When that one has its permit, or goes away, the others are unknown to the other
  /// hosts, also those that were told to wait for another limit.
  @Test func whoStoodBehindTheBestOfItsLaneTakesItsPlace() throws {
    try LaneTimeline.play(
      """
      0  open A                        -> -
      0  enqueue l w=90 wait=900       -> send A1 [w=90]
      1  answer no w@50                -> -
      2  enqueue b w=10 v=90 wait=900  -> send A2 [w=10+v=90]
      3  answer no v@800               -> -
      50 tick                          -> send A3 [w=90]
      51 answer ok                     -> l granted A/m.3.1; send A4 [w=10+v=90]
      52 answer no v@800               -> -
      52 next                          -> 800.0
      """)
    try LaneTimeline.play(
      """
      0  open A                        -> -
      0  enqueue l w=90 wait=900       -> send A1 [w=90]
      1  answer no w@500               -> -
      2  enqueue b w=10 v=90 wait=900  -> send A2 [w=10+v=90]
      3  answer no v@800               -> -
      4  cancel l                      -> send A3 [w=10+v=90] leaving w
      5  answer no v@800               -> -
      5  next                          -> 800.0
      """)
  }

  /// Also where a worse one has taken it meanwhile; and of many that wait elsewhere, only the best one asks.
  @Test func theBestOfThoseThatStoodBehindTakesThePlaceAndNoOther() throws {
    try LaneTimeline.play(
      """
      0  open A                        -> -
      0  enqueue a w=90 wait=900       -> send A1 [w=90]
      1  answer no w@50                -> -
      2  enqueue c w=10 v=90 wait=900  -> send A2 [w=10+v=90]
      3  answer no v@800               -> -
      4  enqueue d w=10 u=90 wait=900  -> send A3 [w=10+u=90]
      5  answer no u@700               -> -
      6  enqueue b w=80 wait=900       -> send A4 [w=80]
      7  answer behind w@50            -> -
      50 tick                          -> send A5 [w=90 w=80]
      51 answer ok, no w@150           -> a granted A/m.5.1; send A6 [w=10+v=90]
      52 answer no v@800               -> -
      52 next                          -> 150.0
      """)
  }

  /// Who is better-ranked may go away or start early, and then only the next one is told.
  @Test func whoIsBehindAsksFromTimeToTime() throws {
    try LaneTimeline.play(
      """
      0    open A                    -> -
      0    enqueue a w=10 wait=90000 -> send A1 [w=10]
      1    answer behind w@40000     -> -
      1    next                      -> 3001.0
      3001 tick                      -> send A2 [w=10]
      3002 answer ok                 -> a granted A/m.2.1
      """)
  }

  /// The hint overtakes the answer that was decided before it.
  @Test func whatIsReleasedWhileABatchIsInFlightIsAskedForAgain() throws {
    try LaneTimeline.play(
      """
      0  open A                  -> -
      0  enqueue a s=1 wait=900  -> send A1 [s=1]
      1  release s               -> -
      2  answer about s@1        -> send A2 [s=1]
      3  answer about s@1        -> -
      3  next                    -> 23.0
      23 tick                    -> send A3 [s=1]
      24 answer ok               -> a granted A/m.3.1
      """)
  }

  /// The connection was lost, and with it hints; then comes the denial that was said before.
  @Test func whatMayHaveBeenReleasedUnheardIsAskedForAgain() throws {
    try LaneTimeline.play(
      """
      0  open A                   -> -
      0  enqueue a w=60 wait=900  -> send A1 [w=60]
      1  unknown                  -> -
      5  release                  -> -
      11 tick                     -> send A1 again [w=60]
      12 answer no w@800          -> send A2 [w=60]
      13 answer ok                -> a granted A/m.2.1
      """)
  }

  /// Redis takes its wait for shorter than it is, by a clock that is behind, and does not let it into the queue.
  @Test func whoCanWaitByABetterClockAsksAgain() throws {
    try LaneTimeline.play(
      """
      0  open A 50                -> -
      0  enqueue a w=60 wait=900  -> send A1 not after 50000 [w=60]
      1  answer no w@870          -> send A2 [w=60]
      2  answer no w@870          -> -
      2  next                     -> 870.0
      """)
    try LaneTimeline.play(
      """
      0  open A 50                -> -
      0  enqueue a w=60 wait=900  -> send A1 not after 50000 [w=60]
      1  answer no w@901          -> a denied w 77 of 100
      """)
  }

  @Test func aFullQueueRefuses() throws {
    try LaneTimeline.play(
      """
      0  enqueue a -> -
      0  enqueue b -> -
      0  enqueue c -> full
      0  cancel a  -> -
      1  enqueue d -> -
      """, settings: LaneMachine.Settings(answerTime: 100_000, capacity: 2))
  }

  /// They stay behind one that waits for long, and nobody looks at them until it starts.
  @Test func thoseThatWentAwayBehindAnotherTakeNoRoom() throws {
    var lane = LaneMachine(name: "m")
    _ = lane.opened(session: "A", serverNow: LaneTimeline.server(0), at: 0)
    func enqueue(_ id: UInt64) -> AcquireBatch? {
      let waiter = Waiter(id: id, priority: 5, hold: 1, waitsUntil: 1 << 50, failsAt: 1 << 50) { time in
        [LimitNeed(limit: LaneTimeline.limit("w", at: time), amount: id == 1 ? 60 : 61)]
      }
      for case .send(let batch) in lane.enqueue(waiter, at: 0) ?? [] { return batch }
      return nil
    }
    let first = try #require(enqueue(1))
    let full = BatchDecision.denied(limit: 0, .at(LaneTimeline.server(1 << 40)))
    _ = lane.answered(
      .decided(
        now: LaneTimeline.server(0), aliveUntil: LaneTimeline.server(1 << 50), used: [77], decisions: [full]),
      to: first, at: 0)
    for id in 2...10_000 as ClosedRange<UInt64> {
      #expect(enqueue(id) == nil)
      if id > 2 { _ = lane.cancel(id, at: 0) }
    }
    #expect(lane.waiters.count == 2)
    let list = try #require(lane.parked.values.first)
    #expect(list.gone <= 1_024 && list.smallest == 60)
  }

  @Test func theLimitsOfABatchAreBounded() throws {
    var lane = LaneMachine(name: "m")
    _ = lane.opened(session: "A", serverNow: LaneTimeline.server(0), at: 0)
    var sizes: [Int] = []
    var sent: [AcquireBatch] = []
    func note(_ actions: [LaneAction]?) {
      for case .send(let batch)? in (actions ?? []).map(Optional.some) {
        sizes.append(batch.requests.count)
        sent.append(batch)
      }
    }
    for id in 1...600 as ClosedRange<UInt64> {
      note(
        lane.enqueue(
          Waiter(id: id, priority: 5, hold: 1, waitsUntil: nil, failsAt: 1_000_000) { time in
            (0..<32).map { LimitNeed(limit: LaneTimeline.limit("w\(id).\($0)", at: time), amount: 1) }
          }, at: 0))
    }
    while sizes.reduce(0, +) < 600, sizes.count < 100 {
      note(
        lane.answered(
          .decided(
            now: LaneTimeline.server(0), aliveUntil: LaneTimeline.server(1),
            used: Array(repeating: 1, count: sizes.last! * 32),
            decisions: Array(repeating: .granted, count: sizes.last!)), to: sent.last!, at: 0))
    }
    #expect(sizes.first == 1)
    #expect(sizes.dropFirst().dropLast().allSatisfy { $0 == LimiterBounds.limitsPerBatch / 32 })
    #expect(sizes.reduce(0, +) == 600)
    #expect(lane.count <= 48)
  }
}
