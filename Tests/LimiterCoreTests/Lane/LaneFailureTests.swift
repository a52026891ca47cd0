import LimiterCore
import Testing

/// Deadlines, cancellation, and a Redis that does not answer.
@Suite struct LaneFailureTests {
  @Test func whoseDeadlineCannotBeMetIsDeniedAtOnce() throws {
    try LaneTimeline.play(
      """
      0  open A                 -> -
      0  enqueue a w=60 wait=49 -> send A1 [w=60]
      1  answer no w@50         -> a denied w 77 of 100
      2  enqueue b w=60 wait=50 -> send A2 [w=60]
      3  answer no w@50         -> -
      """)
  }

  @Test(arguments: ["never b", "big b", "no b@2", "big w"])
  func moneyAndWhatIsTooLargeAreDeniedAtOnce(_ decision: String) throws {
    let limit = decision.split(separator: " ")[1].prefix(1)
    try LaneTimeline.play(
      """
      0  open A                       -> -
      0  enqueue a w=1 b=5 wait=5000  -> send A1 [w=1+b:1000=5]
      1  answer \(decision)           -> a denied \(limit) 77 of \(limit == "b" ? "1000" : "100")
      """)
  }

  /// A slot may be given back at any instant, and who stands behind may be the next: both wait as long as they say, though nobody would ask again
  /// before. What a window gives back is known.
  @Test func aShortWaitIsNotCutShort() throws {
    try LaneTimeline.play(
      """
      0   open A                -> -
      0   enqueue a s=1 wait=10 -> send A1 [s=1]
      1   answer about s@1      -> -
      5   release s             -> send A2 [s=1]
      6   answer ok             -> a granted A/m.2.1
      20  enqueue b s=1 wait=30 -> send A3 [s=1]
      21  answer about s@21     -> -
      30  tick                  -> b denied s 77 of 2; send A4 [] leaving s
      31  answer                -> -
      40  enqueue c w=1 wait=50 -> send A5 [w=1]
      41  answer behind w       -> -
      50  tick                  -> c denied w 77 of 100; send A6 [] leaving w
      51  answer                -> -
      60  enqueue d w=1 wait=70 -> send A7 [w=1]
      61  answer no w@71        -> d denied w 77 of 100
      """)
  }

  @Test func aDeadlineThatPassesWhileItIsParkedIsADenial() throws {
    try LaneTimeline.play(
      """
      0   open A                -> -
      0   enqueue a w=60 wait=500 -> send A1 [w=60]
      1   answer no w@50        -> -
      2   enqueue b w=60 wait=50 -> -
      2   next                  -> 50.0
      50  tick                  -> b denied w 77 of 100; send A2 [w=60]
      """)
  }

  /// Whoever must stay behind another is asked for once all the same, if the answer may be that waiting is of no use.
  @Test(arguments: ["w=101 wait=500", "w=60 b=5 wait=500", "w=60 wait=30"])
  func whoMayBeDeniedAtOnceIsAskedForThoughOthersWait(_ call: String) throws {
    let needs = call.split(separator: " ").filter { !$0.hasPrefix("wait") }.joined(separator: "+")
      .replacing("b=5", with: "b:1000=5")
    try LaneTimeline.play(
      """
      0   open A                  -> -
      0   enqueue a w=60 wait=500 -> send A1 [w=60]
      1   answer no w@50          -> -
      2   enqueue b \(call)      -> send A2 [\(needs)]
      3   answer behind w@50      -> \(call.hasSuffix("30") ? "b denied w 77 of 100" : "-")
      4   release w               -> send A3 [w=60\(call.hasSuffix("30") ? "" : " " + needs)]
      """)
  }

  /// What it is told at last is decided by Redis: nobody is denied whose permit is on its way and counted until it comes back.
  @Test(arguments: ["ok -> a granted A/m.3.1", "about s@1 -> a denied s 77 of 2; send A4 [] leaving s"])
  func aDeadlineThatPassesWhileItIsAskedForAgainWaitsForTheAnswer(_ answer: String) throws {
    try LaneTimeline.play(
      """
      0   open A                  -> -
      0   enqueue a s=1 wait=50 fail=300 -> send A1 [s=1]
      1   answer about s@1        -> -
      21  tick                    -> send A2 [s=1]
      22  answer about s@1        -> -
      42  tick                    -> send A3 [s=1]
      50  tick                    -> -
      50  next                    -> 300.0
      51  answer \(answer)
      """)
  }

  @Test func whoseTimeEndsWhileItIsAskedForIsDeniedWhenTheSessionIsLost() throws {
    try LaneTimeline.play(
      """
      0   open A                  -> -
      0   enqueue a s=1 wait=50 fail=300 -> send A1 [s=1]
      1   answer about s@1        -> -
      21  tick                    -> send A2 [s=1]
      50  tick                    -> -
      51  nosession               -> lost A
      51  tick                    -> a denied s 77 of 2
      """)
  }

  @Test func noAnswerForLongAfterADeadlineIsTheDenialOfBefore() throws {
    try LaneTimeline.play(
      """
      0   open A                  -> -
      0   enqueue a s=1 wait=50 fail=90 -> send A1 [s=1]
      1   answer about s@1        -> -
      21  tick                    -> send A2 [s=1]
      22  answer about s@1        -> -
      42  tick                    -> send A3 [s=1]
      50  tick                    -> -
      90  tick                    -> a denied s 77 of 2
      91  answer ok               -> give back A/m.3.1
      """)
  }

  @Test func aSilentRedisIsATimeoutThatTellsTheCause() throws {
    try LaneTimeline.play(
      """
      0   open A               -> -
      0   enqueue a fail=500   -> send A1 [w=1]
      100 unknown              -> -
      100 next                 -> 110.0
      110 tick                 -> send A1 again [w=1]
      210 unknown              -> -
      210 next                 -> 230.0
      230 tick                 -> send A1 again [w=1]
      500 tick                 -> a timeout after trouble
      600 answer ok            -> give back A/m.1.1
      600 next                 -> none
      """)
  }

  @Test func aSilentRedisIsATimeoutAlsoForThoseThatWereDeniedBefore() throws {
    try LaneTimeline.play(
      """
      0   open A                          -> -
      0   enqueue a s=1 wait=200 fail=200 -> send A1 [s=1]
      1   answer about s@1                -> -
      21  tick                            -> send A2 [s=1]
      121 unknown                         -> -
      200 tick                            -> a timeout after trouble; send A2 again [s=1]
      """)
  }

  @Test func whoeverWaitsForASessionThatNeverComesTimesOut() throws {
    try LaneTimeline.play(
      """
      0   enqueue a fail=500          -> -
      0   enqueue b wait=600 fail=700 -> -
      0   next                        -> 500.0
      500 tick                        -> a timeout
      600 tick                        -> -
      700 tick                        -> b timeout
      700 next                        -> none
      """)
  }

  @Test func onlyWhatMayHaveRunIsMarkedAsSentBefore() throws {
    try LaneTimeline.play(
      """
      0   open A     -> -
      0   enqueue a  -> send A1 [w=1]
      1   notrun     -> -
      11  tick       -> send A1 [w=1]
      12  unknown    -> -
      32  tick       -> send A1 again [w=1]
      33  notrun     -> -
      73  tick       -> send A1 again [w=1]
      74  answer ok  -> a granted A/m.1.1
      """)
  }

  /// The permit is as old as the copy that ran, and so is what the server said of its clock: a caller that counted from the copy
  /// that was answered would call its provider too late.
  @Test func aGrantToACopyWhoseAnswerWasLostCountsFromThatCopy() throws {
    var lane = LaneMachine(name: "m", settings: LaneMachine.Settings(answerTime: 100_000))
    _ = lane.opened(session: "A", serverNow: LaneTimeline.server(0), at: 0)
    func waiter(_ id: UInt64) -> Waiter {
      Waiter(id: id, priority: 5, hold: 1_000_000, waitsUntil: nil, failsAt: 9_000_000) { time in
        [LimitNeed(limit: LaneTimeline.limit("w", at: time), amount: 1)]
      }
    }
    let sent = lane.enqueue(waiter(1), at: 1_000) ?? []
    guard case .send(let first)? = sent.first else {
      Issue.record("expected a batch, got \(sent)")
      return
    }
    _ = lane.failed(.unknown(LaneTimeline.Trouble()), of: first, at: 2_000_000)
    _ = lane.tick(at: 2_010_000)
    let answer = AcquireAnswer.decided(
      now: LaneTimeline.server(1_500), aliveUntil: LaneTimeline.server(5_001_500), used: [1], decisions: [.granted])
    let actions = lane.answered(answer, to: first, at: 2_011_000)
    guard case .resolve(1, .granted(let grant))? = actions.first else {
      Issue.record("expected a grant, got \(actions)")
      return
    }
    #expect(grant.sentAt == 1_000)
    #expect(grant.sessionUntil == 5_001_000)
    let next = lane.enqueue(waiter(2), at: 3_000_000) ?? []
    guard case .send(let batch)? = next.first else {
      Issue.record("expected a batch, got \(next)")
      return
    }
    #expect(batch.notAfter == LaneTimeline.server(3_100_000))
  }

  @Test func thePausesBetweenAttemptsGrowToABound() throws {
    var timeline = "0 open A -> -\n0 enqueue a fail=100000 -> send A1 [w=1]\n"
    var now: Int64 = 0
    for pause in [10, 20, 40, 80, 160, 320, 640, 640, 640] as [Int64] {
      timeline += "\(now) notrun -> -\n\(now) next -> \(now + pause).0\n"
      now += pause
      timeline += "\(now) tick -> send A1 [w=1]\n"
    }
    try LaneTimeline.play(timeline)
  }

  @Test func aStaleBatchIsSentAgainWithANewTime() throws {
    try LaneTimeline.play(
      """
      0   open A     -> -
      0   enqueue a  -> send A1 [w=1]
      300 stale      -> send A1 [w=1]
      301 answer ok  -> a granted A/m.1.1
      """)
  }

  @Test func anotherPeriodMakesTheRequestsAnew() throws {
    try LaneTimeline.play(
      """
      0    open A              -> -
      900  enqueue a b=5 fail=9000 -> send A1 [b:1000=5]
      1100 otherperiod         -> send A2 [b:1001=5]
      1101 answer ok           -> a granted A/m.2.1
      """)
  }

  @Test(arguments: ["nosession", "superseded"])
  func aLostSessionAsksForANewOneAndSendsWhatWaited(_ answer: String) throws {
    try LaneTimeline.play(
      """
      0  open A            -> -
      0  enqueue a         -> send A1 [w=1]
      1  enqueue b w=2     -> -
      2  \(answer)         -> lost A
      3  enqueue c w=3 p=1 -> -
      9  open B            -> send B1 [w=3 w=1 w=2]
      """)
  }

  @Test func aSessionThatIsLostElsewhereStopsTheLaneUntilTheNext() throws {
    try LaneTimeline.play(
      """
      0  open A       -> -
      0  enqueue a    -> send A1 [w=1]
      1  close other  -> -
      1  close A      -> revoke A1 of 0
      2  enqueue b    -> -
      3  answer ok    -> -
      9  open B       -> send B1 [w=1 w=1]
      """)
  }

  /// I5, I9: the first copy was granted, its reply was lost, and the session is over before the second one comes.
  @Test(arguments: ["nosession", "superseded"])
  func aLostSessionRevokesWhatMayHaveBeenGranted(_ answer: String) throws {
    try LaneTimeline.play(
      """
      0   open A            -> -
      5   enqueue a         -> send A1 [w=1]
      105 unknown           -> -
      115 tick              -> send A1 again [w=1]
      116 \(answer)         -> revoke A1 of 5; lost A
      120 open B            -> send B1 [w=1]
      121 answer ok         -> a granted B/m.1.1
      """)
  }

  @Test func aFatalErrorRevokesWhatMayHaveBeenGranted() throws {
    try LaneTimeline.play(
      """
      0   open A            -> -
      5   enqueue a         -> send A1 [w=1]
      6   enqueue b         -> -
      105 unknown           -> -
      115 tick              -> send A1 again [w=1]
      116 fatal             -> revoke A1 of 5; a failed; send A2 [w=1]
      117 unreadable        -> revoke A2 of 116; b failed
      """)
  }

  @Test func anAnswerOfAnotherBatchIsNotTakenForThatInFlight() throws {
    try LaneTimeline.play(
      """
      0   open A            -> -
      0   enqueue a         -> send A1 [w=1]
      1   close A           -> revoke A1 of 0
      2   open B            -> send B1 [w=1]
      3   late              -> -
      4   answer no w@50    -> a denied w 77 of 100
      """)
  }

  @Test func withoutASessionNobodyThatIsParkedMakesTheLaneBusy() throws {
    try LaneTimeline.play(
      """
      0   open A                   -> -
      0   enqueue a w=60 wait=500  -> send A1 [w=60]
      1   answer no w@50           -> -
      2   close A                  -> -
      2   next                     -> 500.0
      60  tick                     -> -
      60  next                     -> 500.0
      70  open B                   -> send B1 [w=60]
      """)
  }

  @Test func aFatalErrorEndsTheBatchAndNoMore() throws {
    try LaneTimeline.play(
      """
      0  open A     -> -
      0  enqueue a  -> send A1 [w=1]
      0  enqueue b  -> -
      1  fatal      -> a failed; send A2 [w=1]
      2  answer ok  -> b granted A/m.2.1
      """)
  }

  @Test func cancelledWhileReadyNothingIsSent() throws {
    try LaneTimeline.play(
      """
      0  enqueue a -> -
      0  enqueue b w=2 -> -
      0  cancel a  -> -
      0  open A    -> send A1 [w=2]
      """)
  }

  @Test func cancelledInFlightTheGrantIsGivenBack() throws {
    try LaneTimeline.play(
      """
      0  open A    -> -
      0  enqueue a -> send A1 [w=1]
      1  cancel a  -> -
      2  answer ok -> give back A/m.1.1
      3  enqueue b -> send A2 [w=1]
      4  cancel b  -> -
      5  answer no w@50 -> -
      5  next      -> 1000.0
      """)
  }

  @Test func cancelledWhileParkedItHoldsUpNobody() throws {
    try LaneTimeline.play(
      """
      0   open A                    -> -
      0   enqueue a w=90 wait=900   -> send A1 [w=90]
      1   answer no w@800           -> -
      2   enqueue b w=90 wait=900   -> -
      2   enqueue c w=91 wait=900   -> -
      3   cancel c                  -> -
      4   cancel a                  -> send A2 [w=90] leaving w
      5   answer ok                 -> b granted A/m.2.1
      6   enqueue d w=3 wait=900    -> send A3 [w=3]
      """)
  }

  @Test func cancelledTwiceOrUnknownIsNothing() throws {
    try LaneTimeline.play(
      """
      0  open A    -> -
      0  enqueue a -> send A1 [w=1]
      1  cancel a  -> -
      1  cancel a  -> -
      2  answer ok -> give back A/m.1.1
      2  answer ok -> -
      2  tick      -> -
      """)
  }
}
