import LimiterCore
import LimiterRedis
import Testing

/// Redis loses the last part of its state, as when a replica takes over that was behind: permits that were granted then are held by their
/// process, and Redis does not know them.
@Suite struct LostTailTests {
  private static let second = Rules.second
  private let world = World(seed: 1)
  private let host: Host
  private let slots = EffectiveLimit(
    id: LimitID(rawValue: "slots"), allowance: .concurrency(permits: 8), onFailure: .closed)
  private let tokens = EffectiveLimit(
    id: LimitID(rawValue: "tokens"), allowance: .window(amount: 100, length: 3_600 * Rules.second), onFailure: .closed)
  private let money = EffectiveLimit(
    id: LimitID(rawValue: "money"),
    allowance: .budget(
      nanodollars: 1_000, period: .init(name: "all", start: .init(microseconds: 0), end: nil), keep: 1),
    onFailure: .closed)

  init() {
    host = Host("h", world, clock: 7, Chance(1, 1), slowAfter: 3_600 * Self.second)
    host.link.weather = .calm
    host.start()
    go(Self.second)
  }

  private func go(_ time: Int64) { world.timeline.run(until: world.timeline.now + time) }

  private func grant(lane: String = "a", tokens amount: Int64 = 10) throws -> SettleBatch.Item {
    let needs = [
      LimitNeed(limit: slots, amount: 1), LimitNeed(limit: tokens, amount: amount, settling: .actual),
      LimitNeed(limit: money, amount: 100, settling: .actual),
    ]
    var granted: WaiterGrant?
    world.timeline.schedule(in: 0, for: host.process) {
      _ = host.engine.acquire(
        lane: lane, priority: 5, hold: 3_600 * Self.second, waitsUntil: nil, failsAt: host.engine.now + Self.second,
        isRecorded: true, resolve: { _ in needs },
        completed: { if case .success(.granted(let grant)) = $0 { granted = grant } })
    }
    go(100_000)
    let grant = try #require(granted)
    let item = SettleBatch.Item(
      session: grant.session, permit: grant.permit, grantedAt: grant.grantedAt, ending: .abandoned)
    world.timeline.schedule(in: 0, for: host.process) {
      host.engine.hold(item, freed: [slots.id], needs: needs, until: host.engine.now + 3_600 * Self.second)
    }
    go(1_000)
    return item
  }

  private func askToSettle(_ item: SettleBatch.Item, _ amount: Int64, _ answered: @escaping (SettleOutcome?) -> Void) {
    var item = item
    item.ending = .settled([1, amount, amount])
    world.timeline.schedule(in: 0, for: host.process) { [item] in
      host.engine.settle(item, windowLengths: [:], freed: []) { answered(try? $0.get()) }
    }
  }

  private func settle(_ item: SettleBatch.Item, _ amount: Int64) {
    var outcome: SettleOutcome?
    askToSettle(item, amount) { outcome = $0 }
    go(10_000)
    #expect(outcome == .settled)
  }

  private func count(_ amount: Int64, lane: String = "a") {
    let needs = [LimitNeed(limit: tokens, amount: amount)]
    var isGranted = false
    world.timeline.schedule(in: 0, for: host.process) {
      _ = host.engine.acquire(
        lane: lane, priority: 5, hold: 0, waitsUntil: nil, failsAt: host.engine.now + Self.second, isRecorded: false,
        resolve: { _ in needs }, completed: { if case .success(.granted) = $0 { isGranted = true } })
    }
    go(10_000)
    #expect(isGranted)
  }

  private func failOver(cutFor time: Int64 = 1_000) {
    world.redis.failOver()
    world.timeline.schedule(in: 0, for: host.process) { host.link.cut(for: time) }
  }

  private var used: [Int64] { [slots, tokens, money].map { world.redis.used($0).all } }

  @Test func whatIsHeldIsToldBeforeTheNextIsGranted() throws {
    let first = try grant()
    world.redis.leaveReplicaBehind()
    let second = try grant(tokens: 20)
    #expect(used == [2, 30, 200])
    failOver()
    go(10_000)
    #expect(used == [1, 10, 100], "the replica was behind")
    let third = try grant(tokens: 30)
    #expect(used == [3, 60, 300])
    var outcomes: [SettleOutcome?] = []
    for item in [first, second, third] { askToSettle(item, 5) { outcomes.append($0) } }
    go(Self.second)
    #expect(outcomes == [.settled, .settled, .settled] && used == [0, 15, 15])
    #expect(world.problems.isEmpty, "\(world.problems)")
  }

  /// Nobody asks for anything in that lane any more: a heartbeat finds that the connection is another one.
  @Test func aLaneAtRestIsToldAsWell() throws {
    world.redis.leaveReplicaBehind()
    let item = try grant(lane: "quiet")
    failOver()
    #expect(used == [0, 0, 0])
    go(world.rules.timeToLive)
    #expect(used == [1, 10, 100] && host.engine.isHeld(item.id, session: item.session))
    #expect(world.problems.isEmpty, "\(world.problems)")
  }

  /// Its settlement comes to the new Redis before the permit is told, and finds nothing: it is asked again.
  @Test func aSettlementThatComesTooEarlyComesAgain() throws {
    world.redis.leaveReplicaBehind()
    let item = try grant()
    failOver(cutFor: 1)
    go(100)
    host.link.keepsAnswers = true
    var outcome: SettleOutcome?
    askToSettle(item, 5) { outcome = $0 }
    go(10_000)
    host.link.keepsAnswers = false
    let next = try grant(tokens: 20)
    #expect(outcome == nil && used == [2, 30, 200])
    host.link.letGo()
    go(Self.second)
    #expect(outcome == .settled && used == [1, 25, 105] && host.engine.isHeld(next.id, session: next.session))
    #expect(world.problems.isEmpty, "\(world.problems)")
  }

  /// It finds nothing, and whether its permit was forgotten its lane hears later: nobody is told before that that it is gone.
  @Test func aSettlementWaitsUntilItsLaneKnows() throws {
    world.redis.leaveReplicaBehind()
    let item = try grant()
    failOver(cutFor: 1)
    go(100)
    host.link.keepsAnswers = true
    var outcome: SettleOutcome?
    askToSettle(item, 5) { outcome = $0 }
    go(10_000)
    let needs = [LimitNeed(limit: tokens, amount: 1)]
    world.timeline.schedule(in: 0, for: host.process) {
      _ = host.engine.acquire(
        lane: "a", priority: 5, hold: 0, waitsUntil: nil, failsAt: host.engine.now + Self.second, isRecorded: false,
        resolve: { _ in needs }, completed: { _ in })
    }
    go(10_000)
    host.link.keepsAnswers = false
    host.link.letGo(first: 1)
    go(10_000)
    #expect(outcome == nil)
    host.link.letGo()
    go(Self.second)
    #expect(outcome == .settled && used == [0, 6, 5])
    #expect(world.problems.isEmpty, "\(world.problems)")
  }

  /// It is the first that meets the new Redis.
  @Test func aSettlementFindsThatItsPermitWasForgotten() throws {
    world.redis.leaveReplicaBehind()
    let (item, other) = (try grant(), try grant(lane: "b"))
    failOver()
    go(5_000)
    var outcome: SettleOutcome?
    askToSettle(item, 5) { outcome = $0 }
    go(Self.second)
    #expect(outcome == .settled && used == [1, 15, 105] && host.engine.isHeld(other.id, session: other.session))
    #expect(world.problems.isEmpty, "\(world.problems)")
  }

  /// Two lanes have something to tell; nothing is granted in either before both have.
  @Test func allLanesTellBeforeAnyOfThemGoesOn() throws {
    _ = (try grant(lane: "a"), try grant(lane: "b"))
    world.redis.leaveReplicaBehind()
    _ = (try grant(lane: "a"), try grant(lane: "b"))
    failOver()
    go(world.rules.timeToLive)
    #expect(used == [4, 40, 400])
    #expect(world.problems.isEmpty, "\(world.problems)")
  }

  /// Granted and settled in the part that is lost: no one holds it, and what it has used counts.
  @Test func whatWasSettledCountsBeforeTheNextIsGranted() throws {
    _ = try grant()
    world.redis.leaveReplicaBehind()
    settle(try grant(tokens: 20), 15)
    #expect(used == [1, 25, 115])
    failOver()
    go(10_000)
    #expect(used == [1, 10, 100])
    _ = try grant(tokens: 30)
    #expect(used == [2, 55, 215])
    #expect(world.problems.isEmpty, "\(world.problems)")
  }

  /// Redis knows the permit again, and not that it is settled; the lane was granted something since, or nothing.
  @Test(arguments: [true, false]) func aSettlementThatWasForgottenComesAgain(isLaneBusy: Bool) throws {
    let item = try grant()
    world.redis.leaveReplicaBehind()
    settle(item, 4)
    if isLaneBusy { _ = try grant(tokens: 20) }
    failOver()
    #expect(used == [1, 10, 100])
    go(20 * Self.second)
    #expect(used == (isLaneBusy ? [1, 24, 104] : [0, 4, 4]))
    #expect(world.problems.isEmpty, "\(world.problems)")
  }

  @Test func whatWasOnlyCountedCountsAgain() throws {
    count(1)
    world.redis.leaveReplicaBehind()
    count(10)
    count(20, lane: "b")
    failOver()
    go(10_000)
    #expect(used == [0, 1, 0])
    count(5)
    #expect(used[1] == 16, "the lane that asks has told what it had used")
    go(world.rules.timeToLive)
    #expect(used[1] == 36)
    #expect(world.problems.isEmpty, "\(world.problems)")
  }
}
