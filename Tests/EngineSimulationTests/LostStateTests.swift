import LimiterCore
import LimiterRedis
import Testing

/// Redis loses all of its state while a process holds permits, and something else goes wrong at that moment.
@Suite struct LostStateTests {
  private static let second = Rules.second
  private let world = World(seed: 1)
  private var host: Host
  private let need = LimitNeed(
    limit: EffectiveLimit(id: LimitID(rawValue: "slots"), allowance: .concurrency(permits: 8), onFailure: .closed),
    amount: 1)

  init() {
    host = Host("h", world, clock: 7, Chance(1, 1), slowAfter: 3_600 * Self.second)
    begin()
  }

  private func begin() {
    host.link.weather = .calm
    host.start()
    go(Self.second)
  }

  private func go(_ time: Int64) { world.timeline.run(until: world.timeline.now + time) }

  private func grant(lane: String = "a") throws -> SettleBatch.Item {
    var granted: WaiterGrant?
    world.timeline.schedule(in: 0, for: host.process) {
      _ = host.engine.acquire(
        lane: lane, priority: 5, hold: 3_600 * Self.second, waitsUntil: nil, failsAt: host.engine.now + Self.second,
        isRecorded: true, resolve: { [need] _ in [need] },
        completed: { if case .success(.granted(let grant)) = $0 { granted = grant } })
    }
    go(100_000)
    let grant = try #require(granted)
    let item = SettleBatch.Item(
      session: grant.session, permit: grant.permit, grantedAt: grant.grantedAt, ending: .abandoned)
    world.timeline.schedule(in: 0, for: host.process) {
      host.engine.hold(item, freed: [need.limit.id], needs: [need], until: host.engine.now + 3_600 * Self.second)
    }
    go(1_000)
    return item
  }

  private func askToSettle(_ item: SettleBatch.Item, _ answered: @escaping (SettleOutcome?) -> Void) {
    var item = item
    item.ending = .settled([1])
    world.timeline.schedule(in: 0, for: host.process) { [item] in
      host.engine.settle(item, windowLengths: [:], freed: []) { answered(try? $0.get()) }
    }
  }

  private func settle(_ item: SettleBatch.Item) -> SettleOutcome? {
    var outcome: SettleOutcome?
    askToSettle(item) { outcome = $0 }
    go(20 * Self.second)
    return outcome
  }

  private var slots: Int64 { world.redis.used(need.limit).all }

  @Test func whatIsHeldIsHeldAfterwards() throws {
    let (first, second) = (try grant(), try grant())
    world.redis.loseState(isRestart: false)
    #expect(settle(second) == .settled)
    #expect(host.engine.isHeld(first.id, session: first.session) && slots == 1)
    #expect(settle(first) == .settled && slots == 0)
    #expect(world.problems.isEmpty, "\(world.problems)")
  }

  /// The process is paused between opening its new session and telling what it holds, until that is over as well: its permit is lost, as after any such
  /// pause, and what it settles then still counts.
  @Test func aPermitThatWasNotToldInTimeIsSettledLate() throws {
    let item = try grant()
    world.redis.loseState(isRestart: false)
    while world.redis.recoversUntil == .max { go(50) }
    host.process.pause(until: world.timeline.now + world.rules.timeToLive + Self.second)
    go(world.rules.timeToLive + 60 * Self.second)
    #expect(!host.engine.isHeld(item.id, session: item.session) && slots == 0)
    #expect(settle(item) == .settledLate)
    #expect(world.problems.isEmpty, "\(world.problems)")
  }

  /// A call that had opened its session long ago comes again, to the Redis that knows nothing: there is a session, and nothing in it.
  @Test func aSessionThatWasOpenedAnewByAnOldCallIsTold() throws {
    let first = try grant()
    world.redis.loseState(isRestart: false)
    _ = world.redis.session(
      SessionCall(.open, session: first.session, timeToLive: .microseconds(world.rules.timeToLive), epoch: "again"))
    let second = try grant(lane: "b")
    #expect(slots == 1, "nobody knows better yet")
    go(world.rules.timeToLive)
    #expect(slots == 2, "each of them once")
    #expect(settle(first) == .settled && settle(second) == .settled && slots == 0)
    #expect(world.problems.isEmpty, "\(world.problems)")
  }

  /// A settlement for the state that is lost is answered when the next session is open already: that one is as good as before.
  @Test func aLateAnswerFromTheLostStateCostsNoSession() throws {
    let (first, second) = (try grant(), try grant())
    world.redis.loseState(isRestart: false)
    host.link.keepsAnswers = true
    var outcome: SettleOutcome?
    askToSettle(second) { outcome = $0 }
    go(10_000)
    host.link.keepsAnswers = false
    let third = try grant()
    #expect(third.session != first.session && outcome == nil)
    host.link.letGo()
    go(Self.second)
    #expect(outcome == .settled && slots == 2)
    #expect(
      host.engine.isHeld(first.id, session: first.session) && host.engine.isHeld(third.id, session: third.session))
    #expect(try grant().session == third.session)
    #expect(world.problems.isEmpty, "\(world.problems)")
  }

  /// What Redis is told is lost on the way, and this process is one that waits for Redis for an hour.
  @Test func whatCouldNotBeToldIsToldAgain() throws {
    let item = try grant()
    world.redis.loseState(isRestart: false)
    while world.redis.recoversUntil == .max { go(50) }
    host.link.weather.lostRequests = 1_000
    go(3 * world.rules.answerTime)
    host.link.weather = .calm
    #expect(slots == 0)
    go(2 * Self.second)
    #expect(slots == 1 && host.engine.degradation == nil)
    #expect(settle(item) == .settled && slots == 0)
    #expect(world.problems.isEmpty, "\(world.problems)")
  }

  /// The state is lost again while Redis is told. The answer to that comes when the next session is telling the same, and the look whether Redis
  /// answers in time is waiting for that to end.
  @Test mutating func anOldAnswerSaysNothingOfWhatIsToldNow() throws {
    host.die()
    host = Host("g", world, clock: 7, Chance(1, 2), slowAfter: 250_000)
    begin()
    let item = try grant()
    func tellUntilAnswered() {
      while world.redis.recoversUntil == .max { go(50) }
      host.link.keepsAnswers = true
      while slots == 0 { go(50) }
      host.link.keepsAnswers = false
    }
    world.redis.loseState(isRestart: false)
    tellUntilAnswered()
    world.redis.loseState(isRestart: false)
    let nobodys = try #require(PermitPlace(id: item.id))
    world.timeline.schedule(in: 0, for: host.process) { [host] in host.engine.adopt([nobodys]) { _ in } }
    tellUntilAnswered()
    // Now they come, the older one first, and between them there is time to look.
    host.link.letGo(first: 1)
    go(300_000)
    host.link.letGo()
    go(Self.second)
    #expect(slots == 1 && host.engine.degradation == nil && host.engine.isHeld(item.id, session: item.session))
    #expect(settle(item) == .settled && slots == 0)
    #expect(world.problems.isEmpty, "\(world.problems)")
  }
}
