internal import Hiredis
package import LimiterCore
package import RedisClient
package import NIOCore

/// Lanes, settlements and the session of one process in one domain, on one event loop with the connection to Redis.
///
/// All functions are called on `eventLoop`; callbacks and promises are completed there. The machines decide, this class
/// carries out: it sends, sets timers, and completes promises.
package final class LimiterEngine {
  package let eventLoop: any EventLoop
  let client: RedisClient
  let scripts: LimiterScripts
  let keys: DomainKeys
  let settings: EngineSettings
  let events: EngineEvents
  private let origin = ContinuousClock.now

  var lanes: [String: LaneMachine] = [:]
  var lanesOfWaiters: [UInt64: String] = [:]
  var promises: [UInt64: EventLoopPromise<WaiterOutcome>] = [:]
  var nextWaiter: UInt64 = 0
  var laneTimers: [String: (at: Int64, timer: Scheduled<Void>)] = [:]

  var settlements = SettleQueue()
  var settlePromises: [UInt64: EventLoopPromise<SettleOutcome>] = [:]
  var nextSettlement: UInt64 = 0

  var holds = HoldTracker()
  var held: [String: HeldPermit] = [:]
  var holdTimer: (at: Int64, timer: Scheduled<Void>)?

  var session = SessionState()
  var wakeSubscription: UInt64?
  /// Whether a call of this process ever waited.
  var hasWaited = false
  /// No new calls are taken; what is under way is finished.
  var isStopping = false
  var isStopped = false
  var failure: (any Error)?

  /// An engine that does nothing before ``start()``.
  package init(
    client: RedisClient, scripts: LimiterScripts, settings: EngineSettings, events: EngineEvents = EngineEvents()
  ) {
    eventLoop = client.eventLoop
    self.client = client
    self.scripts = scripts
    self.settings = settings
    self.events = events
    keys = DomainKeys(domain: settings.domain)
  }

  /// Microseconds of the local monotonic clock, which goes on while the host is suspended: then leases run out, too.
  package var now: Int64 {
    origin.duration(to: .now).microsecondsRoundedUp
  }

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

  /// A call asks for a permit; the promise tells how its wait ended. Returns its name, for ``withdraw(_:)``; `nil` when
  /// the queue is full or the engine has stopped, with the promise already failed.
  package func acquire(
    lane name: String, priority: Int, hold: Int64, waitsUntil: Int64?, failsAt: Int64, isRecorded: Bool = true,
    resolve: @escaping @Sendable (ServerTime) -> [LimitNeed], promise: EventLoopPromise<WaiterOutcome>
  ) -> UInt64? {
    eventLoop.preconditionInEventLoop()
    if isStopping {
      promise.fail(failure ?? EngineStopped())
      return nil
    }
    nextWaiter += 1
    let id = nextWaiter
    let waiter = Waiter(
      id: id, priority: priority, hold: hold, waitsUntil: waitsUntil, failsAt: failsAt, isRecorded: isRecorded,
      resolve: resolve)
    promises[id] = promise
    lanesOfWaiters[id] = name
    if waitsUntil != nil, !hasWaited {
      hasWaited = true
      listen()
    }
    withLane(name) { lane in
      guard let actions = lane.enqueue(waiter, at: now) else {
        forget(id)?.fail(LaneFull(capacity: settings.lane.capacity))
        return []
      }
      return actions
    }
    return id
  }

  /// The caller went away: its wait leaves nothing behind. Fails its promise, unless that is completed already.
  package func withdraw(_ id: UInt64, failing error: any Error) {
    eventLoop.preconditionInEventLoop()
    guard let name = lanesOfWaiters[id] else { return }
    withLane(name) { $0.cancel(id, at: now) }
    forget(id)?.fail(error)
  }

  /// All callers learn that nothing will come.
  func failWaiters(_ error: any Error) {
    for id in Array(promises.keys) { withdraw(id, failing: error) }
  }

  /// Something of these limits was given back in this process: who waits for them here need not wait for the next look.
  func released(_ limits: [LimitID]) {
    for name in Array(lanes.keys) {
      withLane(name) { $0.released(limits, at: now) }
    }
  }

  /// Lets a lane's machine handle something, carries out what it says, and sets its timer.
  func withLane(_ name: String, _ handle: (inout LaneMachine) -> [LaneAction]) {
    var lane = lanes.removeValue(forKey: name) ?? newLane(name)
    let actions = handle(&lane)
    lanes[name] = lane
    for action in actions { carryOut(action, lane: name) }
    schedule(name)
  }

  private func newLane(_ name: String) -> LaneMachine {
    var lane = LaneMachine(name: name, settings: settings.lane)
    if case .open(let id) = session.phase {
      _ = lane.opened(session: id, serverNow: serverNow, at: now)
    }
    return lane
  }

  private func carryOut(_ action: LaneAction, lane name: String) {
    switch action {
    case .send(let batch): send(batch, lane: name)
    case .resolve(let id, .failed(let timeout as LaneTimeout)) where timeout.cause == nil:
      // Nothing was ever sent: why there is no session is the cause.
      forget(id)?.succeed(.failed(LaneTimeout(cause: session.lastError)))
    case .resolve(let id, let outcome):
      if case .granted(let grant) = outcome { session.extendLease(of: grant.session, until: grant.sessionUntil) }
      forget(id)?.succeed(outcome)
    case .giveBack(let grant):
      giveBack(session: grant.session, permit: grant.permit, grantedAt: grant.grantedAt, needs: grant.needs)
    case .revoke(let batch, let sentAt): revoke(batch, sentAt: sentAt)
    case .sessionLost(let id): lostSession(id)
    }
  }

  private func forget(_ id: UInt64) -> EventLoopPromise<WaiterOutcome>? {
    lanesOfWaiters[id] = nil
    return promises.removeValue(forKey: id)
  }

  private func send(_ batch: AcquireBatch, lane name: String) {
    let call = AcquireCodec.call(batch, keys: keys)
    evaluate(scripts.acquire, call, deadline: eventLoop.now + .microseconds(settings.lane.answerTime)) { result in
      self.received(result, to: batch, lane: name)
    }
  }

  private func received(_ result: Result<Reply, any Error>, to batch: AcquireBatch, lane name: String) {
    withLane(name) { lane in
      switch result {
      case .success(let reply):
        do throws(LimiterRedisError) {
          let answer = try AcquireCodec.answer(reply, to: batch)
          if let serverNow = answer.serverNow(to: batch) { session.clock.observe(serverNow, at: now) }
          return lane.answered(answer, to: batch, at: now)
        } catch {
          return lane.failed(.unreadable(error), of: batch, at: now)
        }
      case .failure(let error):
        return lane.failed(LaneFailure(error), of: batch, at: now)
      }
    }
  }

  private func schedule(_ name: String) {
    let next = isStopped ? nil : lanes[name]?.nextTick
    if let next, let timer = laneTimers[name], timer.at == next { return }
    laneTimers.removeValue(forKey: name)?.timer.cancel()
    guard let next else { return }
    let timer = eventLoop.assumeIsolated().scheduleTask(in: .microseconds(max(next - now, 0))) {
      self.laneTimers[name] = nil
      self.withLane(name) { $0.tick(at: self.now) }
    }
    laneTimers[name] = (next, timer)
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
