import LimiterCore
import LimiterRedis

/// The reference store behind a clock of its own, and an account of all that it grants.
final class SimulatedRedis {
  private let timeline: Timeline
  let account: Account
  private var store = ReferenceStore()
  /// Server time is virtual time and this.
  private(set) var offset: Int64 = 1_764_000_000_000_000
  /// The processes that have gone on without it for some time.
  var gaveUp: Set<String> = []
  private var listeners: [String: (LimitID) -> Void] = [:]

  init(_ timeline: Timeline) {
    self.timeline = timeline
    account = Account(timeline)
  }

  var now: ServerTime { ServerTime(microseconds: timeline.now + offset) }

  /// Somebody sets the server's clock.
  func step(_ microseconds: Int64) {
    offset += microseconds
    timeline.note(.fault, 1, microseconds, "the server's clock is set")
  }

  func acquire(_ batch: AcquireBatch) -> AcquireAnswer {
    let answer = store.acquire(batch, at: now)
    timeline.note(.acquire, batch.operation, Int64(batch.requests.count), "\(batch.session)/\(batch.lane) \(answer)")
    account.decided(batch, answer, at: now)
    wake(store.takeLeft())
    return answer
  }

  func settle(_ batch: SettleBatch) -> [SettleOutcome]? {
    guard store.isMeant(by: batch) else { return nil }
    let outcomes = store.settle(batch, at: now)
    var freed: [LimitID] = []
    for (item, outcome) in zip(batch.items, outcomes) {
      timeline.note(.settle, outcome.rawValue, 0, "\(item.id) \(item.ending)")
      for limit in account.settled(item, outcome, at: now) where !freed.contains(limit) { freed.append(limit) }
    }
    wake(freed)
    return outcomes
  }

  private func wake(_ limits: [LimitID]) {
    for limit in limits {
      guard let session = store.nextInQueue(of: limit, at: now) else { continue }
      timeline.note(.woken, 0, 0, "\(session) \(limit)")
      listeners[session]?(limit)
    }
  }

  func session(_ call: SessionCall) -> SessionAnswer {
    let timeToLive = call.timeToLive.microsecondsRoundedUp
    let isDone: Bool
    switch call.verb {
    case .open:
      store.open(session: call.session, timeToLive: timeToLive, epoch: "the only one", at: now)
      isDone = true
    case .renew: isDone = store.renew(session: call.session, timeToLive: timeToLive, at: now)
    case .close: isDone = store.close(session: call.session, at: now)
    }
    timeline.note(.session, isDone ? 1 : 0, 0, "\(call.verb) \(call.session)")
    if isDone { account.session(call.session, isClosed: call.verb == .close, until: now.microseconds + timeToLive) }
    wake(store.takeLeft())
    return SessionAnswer(
      status: isDone ? .done : .gone, now: now, epoch: "the only one", hosts: store.facts(at: now).hosts)
  }

  func adopt(_ permits: [PermitPlace], by session: String) -> [(adoption: Adoption, record: [UInt8])]? {
    guard let adoptions = store.adopt(permits, by: session, at: now) else { return nil }
    for (permit, adoption) in zip(permits, adoptions) {
      timeline.note(.session, 2 + adoption.rawValue, 0, "\(permit.id) by \(session)")
      if adoption == .held { account.adopted(permit.id, by: session) }
    }
    return adoptions.map { ($0, []) }
  }

  func announce(_ batch: AnnounceBatch) -> Bool { store.announce(batch, at: now) }

  func permits(of session: String) -> [String] { store.permits(of: session) }

  func listen(to session: String, _ heard: ((LimitID) -> Void)?) { listeners[session] = heard }

  /// What the store itself says is used, to be compared with the account.
  func used(_ limit: EffectiveLimit) -> (all: Int64, held: Int64) {
    switch store.inspect([limit], at: now)[0] {
    case .window(let used, _, _): (used, 0)
    case .budget(let spent, let held): (spent + held, held)
    case .concurrency(let held, _): (held, held)
    }
  }

  var queuedCalls: [String] { store.queuedCalls }
}
