import LimiterCore
import LimiterRedis

/// The reference store behind a clock of its own, and an account of all that it grants.
final class SimulatedRedis {
  private let timeline: Timeline
  let account: Account
  private var store = ReferenceStore()
  /// Server time is virtual time and this.
  private(set) var offset: Int64 = 1_764_000_000_000_000
  /// A replica that receives no more, as it was then.
  private var replica: (store: ReferenceStore, account: Account.Moment)?
  /// Which Redis this is: what was sent to another one never comes here.
  private(set) var generation = 0
  /// Since state was lost, until when all that have not told what they know are waited for.
  private(set) var recoversUntil = Int64.min / 2
  private var listeners: [String: (LimitID) -> Void] = [:]
  /// Is called when something may have been used or freed.
  var changed: (() -> Void)?

  init(_ timeline: Timeline) {
    self.timeline = timeline
    account = Account(timeline)
  }

  /// The id of its state.
  var epoch: String { store.facts(at: now).epoch ?? "" }

  var now: ServerTime { ServerTime(microseconds: timeline.now + offset) }

  /// Somebody sets the server's clock.
  func step(_ microseconds: Int64) {
    offset += microseconds
    timeline.note(.fault, 1, microseconds, "the server's clock is set")
  }

  /// From here on its replica receives nothing.
  func leaveReplicaBehind() { replica = (store, account.moment) }

  /// All of its state is gone: somebody has emptied it, or it was started anew without what it had.
  func loseState(isRestart: Bool) {
    timeline.note(.fault, 9, isRestart ? 1 : 0, "all state is lost")
    store = ReferenceStore()
    account.loseAll()
    account.lostAt = now.microseconds
    replica = nil
    if isRestart { generation += 1 }
    recoversUntil = .max
  }

  /// The replica takes over.
  func failOver() {
    guard let replica else { return }
    timeline.note(.fault, 8, 0, "a replica takes over")
    store = replica.store
    if epoch.isEmpty { recoversUntil = .max }
    account.fallBack(to: replica.account)
    account.lostAt = now.microseconds
    generation += 1
    self.replica = nil
  }

  func acquire(_ batch: AcquireBatch) -> AcquireAnswer {
    let answer = store.acquire(batch, at: now)
    timeline.note(.acquire, batch.operation, Int64(batch.requests.count), "\(batch.session)/\(batch.lane) \(answer)")
    account.decided(batch, answer, at: now)
    wake()
    return answer
  }

  func settle(_ batch: SettleBatch) -> [SettleOutcome]? {
    guard store.isMeant(by: batch) else { return nil }
    let outcomes = store.settle(batch, at: now)
    for (item, outcome) in zip(batch.items, outcomes) {
      timeline.note(.settle, outcome.rawValue, 0, "\(item.id) \(item.ending)")
      account.settled(item, outcome, at: now)
    }
    wake()
    return outcomes
  }

  private func wake() {
    changed?()
    for hint in store.takeHints() {
      timeline.note(.woken, 0, 0, "\(hint.session) \(hint.limit)")
      listeners[hint.session]?(hint.limit)
    }
  }

  func session(_ call: SessionCall) -> SessionAnswer {
    let timeToLive = call.timeToLive.microsecondsRoundedUp
    let isDone: Bool
    switch call.verb {
    case .open:
      if recoversUntil == .max { recoversUntil = timeline.now + timeToLive }
      store.open(session: call.session, timeToLive: timeToLive, epoch: call.epoch, hosts: call.hosts, at: now)
      isDone = true
    case .renew: isDone = store.renew(session: call.session, timeToLive: timeToLive, at: now)
    case .close: isDone = store.close(session: call.session, at: now)
    }
    timeline.note(.session, isDone ? 1 : 0, 0, "\(call.verb) \(call.session)")
    if isDone { account.session(call.session, isClosed: call.verb == .close, until: now.microseconds + timeToLive) }
    wake()
    return SessionAnswer(
      status: isDone ? .done : .gone, now: now, epoch: epoch, hosts: store.facts(at: now).hosts)
  }

  func adopt(_ permits: [PermitPlace], by session: String) -> [(adoption: Adoption, record: [UInt8])]? {
    guard let adoptions = store.adopt(permits, by: session, at: now) else { return nil }
    for (permit, adoption) in zip(permits, adoptions) {
      timeline.note(.session, 2 + adoption.rawValue, 0, "\(permit.id) by \(session)")
      if adoption == .held { account.adopted(permit.id, by: session) }
    }
    return adoptions.map { ($0, []) }
  }

  func announce(_ batch: AnnounceBatch) -> Bool {
    guard store.announce(batch, at: now) else { return false }
    defer { changed?() }
    timeline.note(
      .session, 8, batch.number,
      "\(batch.session) tells \(batch.announcement.permits.map(\.id))"
    )
    account.announced(batch, at: now)
    return true
  }

  func permits(of session: String) -> [String] { store.permits(of: session) }

  func listen(to session: String, _ heard: ((LimitID) -> Void)?) { listeners[session] = heard }

  func listenNoMore() { (listeners, changed) = ([:], nil) }

  /// What the store itself says is used, to be compared with the account.
  func used(_ limit: EffectiveLimit) -> (all: Int64, held: Int64) {
    switch store.inspect([limit], at: now)[0] {
    case .window(let used, _, _): (used, 0)
    case .budget(let spent, let held): (spent + held, held)
    case .concurrency(let held, _): (held, held)
    }
  }

  /// The calls that stand in queues; those that it has forgotten to have left count as long as they hold up others.
  var queuedCalls: [String] { store.queuedCalls(at: generation > 0 ? now : nil) }
}
