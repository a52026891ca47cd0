import LimiterCore
import LimiterRedis
import Testing

/// Redis loses the last part of its state, as when a replica takes over that was behind: permits that were granted then are held by their
/// process, and Redis does not know them.
@Suite struct LostTailTests {
  private let tail = LostTail()

  @Test func whatIsHeldIsToldBeforeTheNextIsGranted() throws {
    let first = try tail.grant()
    tail.world.redis.leaveReplicaBehind()
    let second = try tail.grant(tokens: 20)
    #expect(tail.used == [2, 30, 200])
    tail.failOver()
    tail.go(10_000)
    #expect(tail.used == [1, 10, 100], "the replica was behind")
    let third = try tail.grant(tokens: 30)
    #expect(tail.used == [3, 60, 300])
    var outcomes: [SettleOutcome?] = []
    for item in [first, second, third] { tail.askToSettle(item, 5) { outcomes.append($0) } }
    tail.go(LostTail.second)
    #expect(outcomes == [.settled, .settled, .settled] && tail.used == [0, 15, 15])
    #expect(tail.world.problems.isEmpty, "\(tail.world.problems)")
  }

  /// Nobody asks for anything in that lane any more: a heartbeat finds that the connection is another one.
  @Test func aLaneAtRestIsToldAsWell() throws {
    tail.world.redis.leaveReplicaBehind()
    let item = try tail.grant(lane: "quiet")
    tail.failOver()
    #expect(tail.used == [0, 0, 0])
    tail.go(tail.world.rules.timeToLive)
    #expect(tail.used == [1, 10, 100] && tail.host.engine.isHeld(item.id, session: item.session))
    #expect(tail.world.problems.isEmpty, "\(tail.world.problems)")
  }

  /// Its settlement comes to the new Redis before the permit is told, and finds nothing: it is asked again.
  @Test func aSettlementThatComesTooEarlyComesAgain() throws {
    tail.world.redis.leaveReplicaBehind()
    let item = try tail.grant()
    tail.failOver(cutFor: 1)
    tail.go(100)
    tail.host.link.keepsAnswers = true
    var outcome: SettleOutcome?
    tail.askToSettle(item, 5) { outcome = $0 }
    tail.go(10_000)
    tail.host.link.keepsAnswers = false
    let next = try tail.grant(tokens: 20)
    #expect(outcome == nil && tail.used == [2, 30, 200])
    tail.host.link.letGo()
    tail.go(LostTail.second)
    #expect(
      outcome == .settled && tail.used == [1, 25, 105] && tail.host.engine.isHeld(next.id, session: next.session))
    #expect(tail.world.problems.isEmpty, "\(tail.world.problems)")
  }

  /// It finds nothing, and whether its permit was forgotten its lane hears later: nobody is told before that that it is gone.
  @Test func aSettlementWaitsUntilItsLaneKnows() throws {
    tail.world.redis.leaveReplicaBehind()
    let item = try tail.grant()
    tail.failOver(cutFor: 1)
    tail.go(100)
    tail.host.link.keepsAnswers = true
    var outcome: SettleOutcome?
    tail.askToSettle(item, 5) { outcome = $0 }
    tail.go(10_000)
    tail.askToCount(1)
    tail.host.link.keepsAnswers = false
    tail.host.link.letGo(first: 1)
    tail.go(10_000)
    #expect(outcome == nil)
    tail.host.link.letGo()
    tail.go(LostTail.second)
    #expect(outcome == .settled && tail.used == [0, 6, 5])
    #expect(tail.world.problems.isEmpty, "\(tail.world.problems)")
  }

  /// It is the first that meets the new Redis.
  @Test func aSettlementFindsThatItsPermitWasForgotten() throws {
    tail.world.redis.leaveReplicaBehind()
    let (item, other) = (try tail.grant(), try tail.grant(lane: "b"))
    tail.failOver()
    tail.go(5_000)
    var outcome: SettleOutcome?
    tail.askToSettle(item, 5) { outcome = $0 }
    tail.go(LostTail.second)
    #expect(
      outcome == .settled && tail.used == [1, 15, 105] && tail.host.engine.isHeld(other.id, session: other.session))
    #expect(tail.world.problems.isEmpty, "\(tail.world.problems)")
  }

  /// Two lanes have something to tell; nothing is granted in either before both have.
  @Test func allLanesTellBeforeAnyOfThemGoesOn() throws {
    _ = (try tail.grant(lane: "a"), try tail.grant(lane: "b"))
    tail.world.redis.leaveReplicaBehind()
    _ = (try tail.grant(lane: "a"), try tail.grant(lane: "b"))
    tail.failOver()
    tail.go(tail.world.rules.timeToLive)
    #expect(tail.used == [4, 40, 400])
    #expect(tail.world.problems.isEmpty, "\(tail.world.problems)")
  }

  /// Granted and settled in the part that is lost: no one holds it, and what it has used counts.
  @Test func whatWasSettledCountsBeforeTheNextIsGranted() throws {
    _ = try tail.grant()
    tail.world.redis.leaveReplicaBehind()
    tail.settle(try tail.grant(tokens: 20), 15)
    #expect(tail.used == [1, 25, 115])
    tail.failOver()
    tail.go(10_000)
    #expect(tail.used == [1, 10, 100])
    _ = try tail.grant(tokens: 30)
    #expect(tail.used == [2, 55, 215])
    #expect(tail.world.problems.isEmpty, "\(tail.world.problems)")
  }

  /// Redis knows the permit again, and not that it is settled; the lane was granted something since, or nothing.
  @Test(arguments: [true, false]) func aSettlementThatWasForgottenComesAgain(isLaneBusy: Bool) throws {
    let item = try tail.grant()
    tail.world.redis.leaveReplicaBehind()
    tail.settle(item, 4)
    if isLaneBusy { _ = try tail.grant(tokens: 20) }
    tail.failOver()
    #expect(tail.used == [1, 10, 100])
    tail.go(20 * LostTail.second)
    #expect(tail.used == (isLaneBusy ? [1, 24, 104] : [0, 4, 4]))
    #expect(tail.world.problems.isEmpty, "\(tail.world.problems)")
  }

  @Test func whatWasOnlyCountedCountsAgain() throws {
    tail.count(1)
    tail.world.redis.leaveReplicaBehind()
    tail.count(10)
    tail.count(20, lane: "b")
    tail.failOver()
    tail.go(10_000)
    #expect(tail.used == [0, 1, 0])
    tail.count(5)
    #expect(tail.used[1] == 16, "the lane that asks has told what it had tail.used")
    tail.go(tail.world.rules.timeToLive)
    #expect(tail.used[1] == 36)
    #expect(tail.world.problems.isEmpty, "\(tail.world.problems)")
  }

  /// All of one batch have one time: each gives back its own part.
  @Test func permitsOfOneBatchAreToldAndRefunded() throws {
    tail.world.redis.leaveReplicaBehind()
    var grants: [WaiterGrant] = []
    let needs = tail.needs(tokens: 10)
    tail.world.timeline.schedule(in: 0, for: tail.host.process) {
      for _ in 0..<3 {
        _ = tail.host.engine.acquire(
          lane: "a", priority: 5, hold: 3_600 * LostTail.second, waitsUntil: nil,
          failsAt: tail.host.engine.now + LostTail.second,
          resolve: { _ in needs }, completed: { if case .success(.granted(let grant)) = $0 { grants.append(grant) } })
      }
    }
    tail.go(10_000)
    try #require(grants.count == 3)
    let items = grants.map(tail.hold)
    for item in items { tail.settle(item, 0) }
    tail.failOver()
    tail.go(10_000)
    _ = try tail.grant(tokens: 1)
    tail.go(LostTail.second)
    #expect(tail.used == [1, 1, 100])
    #expect(tail.world.problems.isEmpty, "\(tail.world.problems)")
  }

  /// Its time was over, and it had ended as abandoned; all of that is forgotten when its caller says what it has used.
  @Test func aLateSettlementFindsThatItsPermitWasForgotten() throws {
    tail.world.redis.leaveReplicaBehind()
    let item = try tail.grant(hold: LostTail.second)
    tail.go(2 * LostTail.second)
    tail.failOver()
    tail.go(5_000)
    var outcome: SettleOutcome?
    tail.askToSettle(item, 5) { outcome = $0 }
    tail.go(tail.world.rules.timeToLive)
    #expect(outcome == .settled || outcome == .settledLate)
    #expect(tail.used == [0, 5, 5])
    #expect(tail.world.problems.isEmpty, "\(tail.world.problems)")
  }
}

/// The same where a process decides by itself while Redis gives no answer. What a share has admitted counts in its window until it leaves,
/// whatever is given back of it.
@Suite struct LostTailOfAShareTests {
  private let tail = LostTail(onFailure: .local, slowAfter: 250_000)

  /// What the share has granted is told when Redis answers again, and is nothing that Redis has forgotten.
  @Test(arguments: [true, false]) func whatTheShareHasGrantedIsToldOnce(isSettled: Bool) throws {
    tail.world.redis.leaveReplicaBehind()
    _ = try tail.grant()
    tail.failOver(cutFor: LostTail.second)
    tail.go(600_000)
    let own = try tail.grant(tokens: 20)
    tail.go(LostTail.second)
    if isSettled { tail.settle(own, 5) }
    _ = try tail.grant(tokens: 30)
    tail.go(LostTail.second)
    #expect(tail.used == (isSettled ? [2, 60, 205] : [3, 60, 300]))
    #expect(tail.world.problems.isEmpty, "\(tail.world.problems)")
  }

  /// What the share had granted was told before, and is known.
  @Test func whatWasToldBeforeIsNotToldAgain() throws {
    _ = try tail.grant()
    tail.cut(for: LostTail.second)
    tail.go(600_000)
    let own = try tail.grant(tokens: 20)
    tail.go(LostTail.second)
    tail.settle(own, 5)
    tail.world.redis.leaveReplicaBehind()
    _ = try tail.grant(tokens: 30)
    tail.failOver()
    tail.go(10_000)
    _ = try tail.grant(tokens: 1)
    tail.go(LostTail.second)
    #expect(tail.used == [3, 61, 305])
    #expect(tail.world.problems.isEmpty, "\(tail.world.problems)")
  }

  /// The telling itself is in the part that is lost.
  @Test func whatWasToldIsToldAgainWhenThatIsForgotten() throws {
    _ = try tail.grant()
    tail.world.redis.leaveReplicaBehind()
    tail.cut(for: LostTail.second)
    tail.go(600_000)
    let own = try tail.grant(tokens: 20)
    tail.go(LostTail.second)
    #expect(tail.used == [2, 30, 200])
    tail.failOver()
    tail.go(tail.world.rules.timeToLive)
    #expect(tail.used == [2, 30, 200] && tail.host.engine.isHeld(own.id, session: own.session))
    #expect(tail.world.problems.isEmpty, "\(tail.world.problems)")
  }
}
