package import LimiterCore
package import NIOCore
internal import RedisClient

/// Lanes, settlements and the session of one process in one domain, on one event loop with the connection to Redis.
///
/// All functions are called on `eventLoop`; callbacks are called there. The machines decide, this class carries out: it
/// sends, sets timers, and tells outcomes.
package final class LimiterEngine {
  package let eventLoop: any EventLoop
  let store: any DomainStore
  let settings: EngineSettings
  let events: EngineEvents
  let surroundings: EngineSurroundings

  var lanes: [String: EngineLane] = [:]
  /// All of them in the order in which they were made: so two engines that are told the same do the same.
  var lanesInOrder: [EngineLane] = []
  var calls: [UInt64: AcquireCall] = [:]
  var nextWaiter: UInt64 = 0

  var settlements = SettleQueue()

  var holds = HoldTracker()
  var holdTimer: (at: Int64, timer: Scheduled<Void>)?

  var session = SessionState()
  /// What this process knows of the limits, for a Redis that is away or has forgotten.
  var share = LocalShare()
  /// What Redis has confirmed lately, for one that has lost the last part of its state.
  var recent = RecentUse()
  /// Redis gives no answer.
  var degraded: Degraded?
  /// The last decision that Redis refused for want of a right, and when; `nil` after one that it made.
  var refused: (error: RedisError, at: Int64)?
  var watch: Scheduled<Void>?
  var probeTimer: Scheduled<Void>?
  var untold = UntoldState()
  /// Permits whose adoption was asked for and not answered, and until when they belong to who asked.
  var adopting: [PermitPlace: Int64] = [:]
  var isLookingForOrphans = false
  /// There was trouble while they were looked for.
  var looksForOrphansAgain = false
  var wakeSubscription: UInt64?
  /// Whether a call of this process ever waited.
  var hasWaited = false
  /// No new calls are taken; what is under way is finished.
  var isStopping = false
  var isStopped = false
  var failure: (any Error)?

  /// An engine that does nothing before ``start()``.
  package init(
    store: any DomainStore, eventLoop: any EventLoop, settings: EngineSettings, events: EngineEvents = EngineEvents(),
    surroundings: EngineSurroundings = .real
  ) {
    self.eventLoop = eventLoop
    self.store = store
    self.settings = settings
    self.events = events
    self.surroundings = surroundings
  }

  /// Microseconds of the local monotonic clock, which goes on while the host is suspended: then leases run out, too.
  package var now: Int64 { surroundings.now() }

  /// When an answer comes too late.
  var answerDeadline: NIODeadline { eventLoop.now + .microseconds(settings.lane.answerTime) }

  /// The server's time, as well as it is known.
  package var serverNow: ServerTime {
    session.clock.estimate(at: now)
  }

  /// The server's time; `nil` before it has said it.
  package var knownServerNow: ServerTime? {
    session.epoch == nil ? nil : serverNow
  }

  /// Opens the session and begins to work.
  package func start() {
    eventLoop.preconditionInEventLoop()
    openSession()
  }

  /// A call asks for a permit; `completed` is told once how its wait ended. Returns its name, for ``withdraw(_:)``; `nil` when
  /// the queue is full or the engine has stopped, with `completed` told so already.
  package func acquire(
    lane name: String, priority: Int, hold: Int64, waitsUntil: Int64?, failsAt: Int64, isRecorded: Bool = true,
    share: WaiterShare? = nil,
    resolve: @escaping @Sendable (ServerTime) -> [LimitNeed],
    completed: @escaping (Result<WaiterOutcome, any Error>) -> Void
  ) -> UInt64? {
    eventLoop.preconditionInEventLoop()
    if isStopping {
      completed(.failure(failure ?? EngineStopped()))
      return nil
    }
    nextWaiter += 1
    let id = nextWaiter
    let waiter = Waiter(
      id: id, priority: priority, hold: hold, waitsUntil: waitsUntil, failsAt: failsAt, isRecorded: isRecorded,
      share: share, resolve: resolve)
    let lane = lane(name)
    calls[id] = AcquireCall(lane: lane, completed: completed)
    if waitsUntil != nil, !hasWaited {
      hasWaited = true
      listen()
    }
    var isFull = false
    with(lane) { machine in
      if let actions = machine.enqueue(waiter, at: now) { return actions }
      isFull = true
      return []
    }
    if isFull { tell(id, .failure(LaneFull(capacity: settings.lane.capacity))) }
    return isFull ? nil : id
  }

  /// The caller went away: its wait leaves nothing behind. It fails, unless it has been told its outcome already.
  package func withdraw(_ id: UInt64, failing error: any Error) {
    eventLoop.preconditionInEventLoop()
    guard let lane = calls[id]?.lane else { return }
    with(lane) { $0.cancel(id, at: now) }
    tell(id, .failure(error))
  }

  /// All callers learn that nothing will come.
  func failWaiters(_ error: any Error) {
    for id in calls.keys.sorted() { withdraw(id, failing: error) }
  }

  /// Something of these limits was given back in this process: who waits for them here need not wait for the next look.
  func released(_ limits: [LimitID]) {
    for lane in lanesInOrder {
      with(lane) { $0.released(limits, at: now) }
    }
  }

  /// Lets a lane's machine handle something, carries out what it says, and sets its timer.
  func with(_ lane: EngineLane, _ handle: (inout LaneMachine) -> [LaneAction]) {
    for action in handle(&lane.machine) { carryOut(action, lane) }
    schedule(lane)
  }

  private func lane(_ name: String) -> EngineLane {
    if let lane = lanes[name] { return lane }
    let lane = EngineLane(LaneMachine(name: name, settings: settings.lane))
    if degraded != nil {
      degrade(lane)
    } else if case .open(let id) = session.phase, !untold.isTelling {
      _ = lane.machine.opened(session: id, serverNow: serverNow, at: now)
    }
    lanes[name] = lane
    lanesInOrder.append(lane)
    return lane
  }

  private func carryOut(_ action: LaneAction, _ lane: EngineLane) {
    switch action {
    case .send(let batch): send(batch, lane)
    case .resolve(let id, .failed(let timeout as LaneTimeout)) where timeout.cause == nil || degraded != nil:
      // Nothing was sent: why there is no session is the cause, or what Redis' silence is due to now.
      tell(id, .success(.failed(LaneTimeout(cause: degradation?.cause ?? timeout.cause ?? session.lastError))))
    case .resolve(let id, let outcome):
      if case .granted(let grant) = outcome, !grant.isDegraded {
        session.extendLease(of: grant.session, until: grant.sessionUntil)
      }
      tell(id, .success(outcome))
    case .giveBack(let grant):
      giveBack(grant.place, grantedAt: grant.grantedAt, needs: grant.needs, isGranted: true)
    case .revoke(let batch, let sentAt): revoke(batch, sentAt: sentAt)
    case .forgotten(let id, let last, let through):
      foundForgotten(of: lane.machine.name, ForgottenOperations(after: last, through: through), in: id)
    case .sessionLost(let id): lostSession(id)
    }
  }

  private func tell(_ id: UInt64, _ result: Result<WaiterOutcome, any Error>) {
    calls.removeValue(forKey: id)?.completed(result)
  }

  private func send(_ batch: AcquireBatch, _ lane: EngineLane) {
    if degraded != nil {
      let answer = share.decide(batch, at: serverNow, slots: { slots(of: $0) })
      recent.heard(answer, to: batch, at: now)
      return with(lane) { $0.answered(answer, to: batch, at: now) }
    }
    watchAnswers()
    let sentAt = now
    store.acquire(batch, deadline: answerDeadline) { self.received($0, to: batch, sentAt: sentAt, lane) }
  }

  private func slots(of limit: LimitID) -> HeldSlots {
    HeldSlots(all: holds.slots(of: limit), local: untold.permits.slots(of: limit))
  }

  private func received(
    _ result: Result<AcquireAnswer, any Error>, to batch: AcquireBatch, sentAt: Int64, _ lane: EngineLane
  ) {
    with(lane) { machine in
      switch result {
      case .success(let answer):
        refused = nil
        if let serverNow = answer.serverNow(to: batch) { session.clock.observe(serverNow, sentAt: sentAt, at: now) }
        share.heard(answer, to: batch, slots: { slots(of: $0) })
        recent.heard(answer, to: batch, at: now)
        return machine.answered(answer, to: batch, at: now)
      case .failure(let error as LimiterRedisError):
        return machine.failed(.unreadable(error), of: batch, at: now)
      case .failure(let error):
        lookForOrphansLater()
        noteRefusal(error, isDecision: true)
        return machine.failed(LaneFailure(error), of: batch, at: now)
      }
    }
    // A Redis that decides nothing, such as without memory, may still settle, and that helps it.
    let isRefused = if case .failure(let error) = result { LaneFailure.isRefusal(error) } else { false }
    lanesAnswered(isRefused: isRefused)
  }

  /// A getter of a machine that stands in a class would be called on a copy of all of it.
  private static func nextTick(of machine: inout LaneMachine) -> Int64? { machine.nextTick }

  /// A timer that is due too early is left alone: it looks again. So a busy lane sets few.
  private func schedule(_ lane: EngineLane) {
    guard !isStopped, let next = Self.nextTick(of: &lane.machine) else { return lane.cancelTimer() }
    if let timer = lane.timer, timer.at <= next { return }
    lane.cancelTimer()
    let timer = eventLoop.assumeIsolated().scheduleTask(in: .microseconds(max(next - now, 0))) {
      lane.timer = nil
      self.with(lane) { $0.tick(at: self.now) }
    }
    lane.timer = (next, timer)
  }
}

/// The engine was stopped; what it was asked is not done.
package struct EngineStopped: Error {
  package init() {}
}

/// Too many calls wait already.
package struct LaneFull: Error {
  package var capacity: Int
}
