import LimiterCore
import LimiterRedis
import Testing

/// A process with three limits, and a Redis that can lose its last part.
final class LostTail {
  static let second = Rules.second
  let world = World(seed: 1)
  let host: Host
  private let patience: Int64
  private let (slots, tokens, money): (EffectiveLimit, EffectiveLimit, EffectiveLimit)

  init(onFailure: FailureMode = .closed, slowAfter: Int64 = 3_600 * LostTail.second) {
    slots = EffectiveLimit(id: LimitID(rawValue: "slots"), allowance: .concurrency(permits: 8), onFailure: onFailure)
    tokens = EffectiveLimit(
      id: LimitID(rawValue: "tokens"), allowance: .window(amount: 100, length: 3_600 * Self.second),
      onFailure: onFailure)
    money = EffectiveLimit(
      id: LimitID(rawValue: "money"),
      allowance: .budget(
        nanodollars: 1_000, period: .init(name: "all", start: .init(microseconds: 0), end: nil), keep: 1),
      onFailure: onFailure)
    patience = slowAfter < Self.second ? slowAfter + 100_000 : 100_000
    host = Host("h", world, clock: 7, Chance(1, 1), slowAfter: slowAfter)
    host.link.weather = .calm
    host.start()
    go(Self.second)
  }

  func go(_ time: Int64) { world.timeline.run(until: world.timeline.now + time) }

  func needs(tokens amount: Int64) -> [LimitNeed] {
    [
      LimitNeed(limit: slots, amount: 1), LimitNeed(limit: tokens, amount: amount, settling: .actual),
      LimitNeed(limit: money, amount: 100, settling: .actual),
    ]
  }

  func hold(_ grant: WaiterGrant) -> SettleBatch.Item { hold(grant, for: 3_600 * Self.second) }

  private func hold(_ grant: WaiterGrant, for time: Int64) -> SettleBatch.Item {
    let item = SettleBatch.Item(
      session: grant.session, permit: grant.permit, grantedAt: grant.grantedAt, ending: .abandoned)
    world.timeline.schedule(in: 0, for: host.process) { [self] in
      host.engine.hold(
        item, freed: [slots.id], needs: grant.needs, isLocal: grant.isDegraded, until: host.engine.now + time)
    }
    go(1_000)
    return item
  }

  func grant(lane: String = "a", tokens amount: Int64 = 10, hold time: Int64 = 3_600 * LostTail.second) throws
    -> SettleBatch.Item
  {
    let needs = needs(tokens: amount)
    var granted: WaiterGrant?
    world.timeline.schedule(in: 0, for: host.process) { [self] in
      _ = host.engine.acquire(
        lane: lane, priority: 5, hold: time, waitsUntil: nil, failsAt: host.engine.now + Self.second, isRecorded: true,
        resolve: { _ in needs },
        completed: {
          guard case .success(.granted(let grant)) = $0 else { return }
          granted = grant
          if grant.isDegraded { _ = self.world.redis.account.grantedLocally(grant, isRecorded: true) }
        })
    }
    // A process that decides by itself waits for Redis first.
    go(patience)
    return hold(try #require(granted), for: time)
  }

  func askToSettle(_ item: SettleBatch.Item, _ amount: Int64, _ answered: @escaping (SettleOutcome?) -> Void) {
    var item = item
    item.ending = .settled([1, amount, amount])
    world.timeline.schedule(in: 0, for: host.process) { [host, item] in
      host.engine.settle(item, windowLengths: [:], freed: []) { answered(try? $0.get()) }
    }
  }

  func settle(_ item: SettleBatch.Item, _ amount: Int64) {
    var outcome: SettleOutcome?
    askToSettle(item, amount) { outcome = $0 }
    go(10_000)
    #expect(outcome == .settled)
  }

  func askToCount(_ amount: Int64, lane: String = "a", granted: @escaping () -> Void = {}) {
    let needs = [LimitNeed(limit: tokens, amount: amount)]
    world.timeline.schedule(in: 0, for: host.process) { [host] in
      _ = host.engine.acquire(
        lane: lane, priority: 5, hold: 0, waitsUntil: nil, failsAt: host.engine.now + Self.second, isRecorded: false,
        resolve: { _ in needs }, completed: { if case .success(.granted) = $0 { granted() } })
    }
    go(10_000)
  }

  func count(_ amount: Int64, lane: String = "a") {
    var isGranted = false
    askToCount(amount, lane: lane) { isGranted = true }
    #expect(isGranted)
  }

  func cut(for time: Int64) { world.timeline.schedule(in: 0, for: host.process) { [host] in host.link.cut(for: time) } }

  func failOver(cutFor time: Int64 = 1_000) {
    world.redis.failOver()
    cut(for: time)
  }

  /// Slots, tokens and money.
  var used: [Int64] { [slots, tokens, money].map { world.redis.used($0).all } }
}
