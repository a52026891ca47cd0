import Testing

@testable import LimiterCore

/// Calls that need what nobody decides on while Redis gives no answer.
@Suite struct LaneSuspensionTests {
  @Test func `who waits for Redis is asked for when a reload lets the local share decide`() throws {
    try LaneTimeline.play(
      """
      0   open A                   -> -
      0   mode w closed            -> -
      1   degrade A                -> -
      2   enqueue a w=60 wait=500  -> -
      3   enqueue b w=5 wait=500   -> -
      4   mode w local             -> -
      5   refresh                  -> send A1 [w=60 w=5]
      6   answer ok, ok            -> a granted A/m.1.1; b granted A/m.1.2
      """)
  }

  @Test func `who needs what is closed still waits for Redis`() throws {
    try LaneTimeline.play(
      """
      0   open A                   -> -
      0   mode w closed            -> -
      0   mode x closed            -> -
      1   degrade A                -> -
      2   enqueue a w=60 wait=500  -> -
      3   enqueue b x=5 wait=500   -> -
      4   mode w open              -> -
      5   refresh                  -> send A1 [w=60]
      6   answer ok                -> a granted A/m.1.1
      7   refresh                  -> -
      500 tick                     -> b timeout after trouble
      """)
  }

  @Test func `Redis answers again, and all are asked for once`() throws {
    try LaneTimeline.play(
      """
      0   open A                   -> -
      0   mode w closed            -> -
      1   degrade A                -> -
      2   enqueue a w=60 wait=500  -> -
      3   refresh                  -> -
      4   open A                   -> send A1 [w=60]
      5   answer ok                -> a granted A/m.1.1
      """)
  }

  @Test func `those that went away take no room`() {
    var lane = LaneMachine(name: "m")
    _ = lane.opened(session: "A", serverNow: LaneTimeline.server(0), at: 0)
    _ = lane.degrade(as: "A", serverNow: LaneTimeline.server(0), hasShare: true, cause: nil, at: 0)
    for id in 1...10_000 as ClosedRange<UInt64> {
      let waiter = Waiter(id: id, priority: 5, hold: 1, waitsUntil: 1 << 50, failsAt: 1 << 50) { time in
        [LimitNeed(limit: LaneTimeline.limit("w", at: time, onFailure: .closed), amount: 1)]
      }
      #expect(lane.enqueue(waiter, at: 0)?.isEmpty == true)
      if id > 2 { _ = lane.cancel(id, at: 0) }
    }
    #expect(lane.waiters.count == 2)
    #expect(lane.suspended.count < 2_000)
    #expect(lane.suspended.prefix(2).map(\.arrival) == [1, 2])
  }
}
