import LimiterCore
import LimiterRedis
@testable import Resilience

/// A permit that a caller believes to hold.
struct Holding {
  let caller: Caller
  let grant: WaiterGrant
  /// Its end, where its record is.
  let item: SettleBatch.Item
  let slots: Int64
  /// When its time is over, on its process' clock.
  let until: Int64
}

/// One call of a worker: it asks, works, settles, and asks again when its provider fails; or goes away in the middle.
final class Caller {
  private(set) var host: Host
  let ask: Ask
  private let world: World
  private let chance: Chance
  private var retries = RetryMachine(RetryPolicy(attempts: 3))
  private let begunAt: Int64
  /// The wait for a permit that is not over: its number at the engine.
  private(set) var waiting: UInt64?
  private var isWaiting = false
  private var isGone = false
  private(set) var attempt = 0
  /// How long it has been alone, with room for it, in looks of the world at which none of its process' messages was late.
  private(set) var aloneFor = 0

  init(_ host: Host, _ ask: Ask, _ world: World, _ chance: Chance) {
    (self.host, self.ask, self.world, self.chance) = (host, ask, world, chance)
    begunAt = world.timeline.now
  }

  /// Asks for a permit.
  func begin() {
    guard host.isOpen, !isGone else { return }
    let (engine, ask, rules) = (host.engine, ask, world.rules)
    attempt += 1
    let waits = ask.wait.map { engine.now + $0 }
    let fails = (waits ?? engine.now) + Rules.patience
    let hold = ask.hold
    world.timeline.note(
      .arrival, ask.tokens, Int64(ask.priority), "\(host.name) \(ask.lane) \(ask.tenant) wait \(ask.wait ?? -1)")
    isWaiting = true
    aloneFor = 0
    world.waiters[ObjectIdentifier(self)] = self
    let number = attempt
    let id = engine.acquire(
      lane: ask.lane, priority: ask.priority, hold: hold, waitsUntil: waits, failsAt: fails, isRecorded: ask.isRecorded,
      resolve: { rules.needs(ask, at: $0) },
      completed: { self.completed($0) })
    if isWaiting { waiting = id }
    world.lookAtLoneWaiter()
    world.timeline.schedule(in: fails - engine.now + 100_000, for: host.process) { [self] in
      if isWaiting, attempt == number { world.problem("I6: a call of \(host.name) was not answered in its time") }
    }
    if chance.happens(120) {
      let patience = chance.happens(500) ? chance.number(0...5_000) : chance.number(0...10_000_000)
      world.timeline.schedule(in: patience, for: host.process) { [self] in goAway() }
    }
  }

  /// The world looks, every second. While a message is long under way, nobody can do anything.
  func isSeen(alone: Bool) {
    if !alone { aloneFor = 0 } else if !host.link.isSlow { aloneFor += 1 }
  }

  private func goAway() {
    guard let waiting else { return }
    isGone = true
    host.engine.withdraw(waiting, failing: Gone())
  }

  struct Gone: Error {}

  private func completed(_ result: Result<WaiterOutcome, any Error>) {
    guard isWaiting else { return world.problem("I5: a call of \(host.name) was answered twice") }
    (isWaiting, waiting) = (false, nil)
    world.waiters[ObjectIdentifier(self)] = nil
    world.lookAtLoneWaiter()
    switch result {
    case .success(.granted(let grant)):
      world.counts.granted += 1
      world.timeline.note(.answer, 1, 0, "\(grant.place.id) granted")
      granted(grant)
    case .success(.denied(let denial)):
      world.counts.denied += 1
      world.timeline.note(.answer, 2, denial.used, "\(denial)")
    case .success(.failed(let error)), .failure(let error):
      world.counts.failed += 1
      world.timeline.note(.answer, 3, 0, "\(error)")
    }
  }

  private func granted(_ grant: WaiterGrant) {
    let account = world.redis.account
    var known = account.grants[grant.place.id]
    if known == nil, grant.isDegraded { known = account.grantedLocally(grant, isRecorded: ask.isRecorded) }
    guard let entry = known else { return world.problem("\(grant.place.id) was never granted") }
    if case .nobody = entry.deed {} else { world.problem("I5: \(grant.place.id) was told to two callers") }
    entry.isTold = true
    if entry.isLocal { account.checkShare(of: host.name, after: entry) }
    guard ask.isRecorded else { return }
    entry.deed = .holding
    let item = SettleBatch.Item(
      session: grant.session, permit: grant.permit, grantedAt: grant.grantedAt, ending: .abandoned)
    hold(item, grant, isLocal: grant.isDegraded, until: grant.sentAt + ask.hold)
    if isGone || chance.happens(30) {
      // It was granted in the moment in which its caller went away.
      return end(item, grant, .settled(grant.needs.map { _ in 0 }), isOwn: true)
    }
    let work = chance.happens(50) ? chance.number(1...150) * Rules.second : chance.number(10...8_000) * 1_000
    world.timeline.schedule(in: work, for: host.process) { [self] in finish(item, grant) }
  }

  private func hold(_ item: SettleBatch.Item, _ grant: WaiterGrant, isLocal: Bool = false, until end: Int64) {
    let slots = grant.needs.map(\.limit).filter(\.isConcurrency).map(\.id)
    host.engine.hold(item, freed: slots, needs: grant.needs, isLocal: isLocal, until: end)
    world.holders[item.id] = Holding(
      caller: self, grant: grant, item: item, slots: slots.isEmpty ? 0 : ask.slots, until: end)
    world.checkBelieved()
  }

  /// Its limiterd has died: it takes its permit to another one, and asks until it knows what became of it.
  func move(to other: Host, _ held: Holding) {
    world.timeline.schedule(in: 0, for: other.process) { [self] in
      other.engine.adopt([held.grant.place]) { [self] result in
        guard case .success(let adoptions) = result else {
          world.timeline.schedule(in: 500_000, for: other.process) { [self] in move(to: other, held) }
          return
        }
        host = other
        switch adoptions[0].adoption {
        case .gone:
          // A Redis that has forgotten a permit cannot tell.
          world.holders[held.item.id] = nil
          if world.redis.account.grants[held.item.id]?.forgotten == .nothing {
            world.problem("I5: \(held.item.id) is gone, and its caller has never settled it")
          }
        case .lost:
          // It knows now; and until when it held it, it knew by another host's clock.
          world.holders[held.item.id] = nil
          finish(item(of: held, isMoved: false), held.grant)
        case .own, .held:
          let item = item(of: held, isMoved: true)
          hold(item, held.grant, until: other.engine.now + ask.hold)
          world.timeline.schedule(in: chance.number(10...8_000) * 1_000, for: other.process) { [self] in
            finish(item, held.grant)
          }
        }
      }
    }
  }

  /// Its end, where its record is: an adoption whose answer was lost has moved it, too. limiterd finds it by `adopted:<id>`.
  private func item(of held: Holding, isMoved: Bool) -> SettleBatch.Item {
    let session = world.redis.account.grants[held.item.id]?.session ?? held.grant.place.session
    guard isMoved || session != held.grant.place.session else { return held.item }
    let place = held.grant.place.adopted(by: session)
    return SettleBatch.Item(
      session: place.session, permit: place.name, grantedAt: held.grant.grantedAt, ending: .abandoned, id: held.item.id)
  }

  private func finish(_ item: SettleBatch.Item, _ grant: WaiterGrant) {
    switch chance.number(0...99) {
    case 0..<60:
      let fraction = chance.number(0...130)
      let used = grant.needs.map { need -> Int64? in
        need.settling == .actual ? min(need.amount * fraction / 100, need.amount * 2) : nil
      }
      end(item, grant, .settled(used))
    case 60..<75: end(item, grant, .settled(grant.needs.map { _ in 0 }))
    case 75..<85: end(item, grant, .abandoned)
    case 85..<90:
      // It works on.
      guard host.engine.isHeld(item.id, session: item.session) else { return end(item, grant, .abandoned) }
      hold(item, grant, until: host.engine.now + ask.hold)
      world.timeline.schedule(in: chance.number(1...60) * Rules.second, for: host.process) { [self] in
        finish(item, grant)
      }
      return
    default: return
    }
    guard chance.happens(200) else { return }
    // The provider has failed: again, as the retry layer says, and with nothing held meanwhile.
    let elapsed = Duration.microseconds(world.timeline.now - begunAt)
    let random = (Double(chance.number(0...999)) / 1_000, Double(chance.number(0...999)) / 1_000)
    if case .retry(let wait) = retries.failed(
      CallFailure(.overloaded), duration: .zero, elapsed: elapsed, random: random)
    {
      world.timeline.schedule(in: wait.microsecondsRoundedUp, for: host.process) { [self] in begin() }
    }
  }

  private func end(_ item: SettleBatch.Item, _ grant: WaiterGrant, _ ending: SettleBatch.Ending, isOwn: Bool = false) {
    guard let entry = world.redis.account.grants[item.id] else { return }
    var item = item
    item.ending = ending
    var lengths: [String: Int64] = [:]
    var freed = grant.needs.map(\.limit).filter(\.isConcurrency).map(\.id)
    if case .settled(let amounts) = ending {
      entry.deed = .reported(amounts)
      freed = grant.needs.map(\.limit).filter { !$0.isBudget }.map(\.id)
      for (need, amount) in zip(grant.needs, amounts) {
        if case .window(_, let length) = need.limit.allowance, let amount, amount > need.amount {
          lengths[need.limit.keyName] = length
        }
      }
    } else {
      entry.deed = .abandoned
    }
    world.holders[item.id] = nil
    world.timeline.note(.end, 0, 0, "\(item.id) \(ending)")
    if isOwn { return host.engine.end(item, freed: freed) }
    world.unsettled[item.id] = host
    let isHeld = host.engine.isHeld(item.id, session: item.session)
    host.engine.settle(item, windowLengths: lengths, freed: freed) { [self] result in
      world.unsettled[item.id] = nil
      guard case .success(let outcome) = result else { return }
      world.timeline.note(.told, outcome.rawValue, 0, item.id)
      // By the clock as the process knows it: that somebody has set it the next answer with a time tells.
      if isHeld, outcome != .gone {
        entry.toldSettledAt = entry.settledAt.map { min($0, host.engine.serverNow.microseconds) }
      }
      if entry.forgotten == .nothing, outcome == .settled || outcome == .settledLate,
        case .settled(let amounts) = ending,
        entry.settled != zip(entry.parts, amounts).map({ $1 ?? $0.reserved })
      {
        world.problem("I5: \(item.id) was told as \(outcome) with \(amounts), and is \(entry.settled as Any)")
      }
    }
  }
}
