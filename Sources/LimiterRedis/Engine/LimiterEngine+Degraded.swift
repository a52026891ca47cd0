internal import LimiterCore
internal import NIOCore

/// Redis is away or slow: what can be decided without it is decided here, and Redis is told when it is back.
///
/// ```
/// Redis decides --no answer for slowAfter--> the local share decides --a probe is answered in time--> Redis is told --> Redis decides
/// ```
extension LimiterEngine {
  /// Redis gives no answer, since when and why; `nil`: it decides. That there is no connection now tells more than the silence with which it began.
  package var degradation: Degraded? {
    degraded.map { Degraded(since: $0.since, cause: store.connectionError ?? $0.cause) }
  }

  /// Sessions that share the domain, as far as is known.
  package var hosts: Int64? { share.hosts }

  /// A first connection may take longer than an answer.
  private var patience: Int64 {
    session.epoch == nil ? max(settings.slowAfter, settings.lane.answerTime) : settings.slowAfter
  }

  /// In which a probe must be answered. Whoever waits for Redis for long is not without it for long.
  private var probeTime: Int64 { min(settings.slowAfter, settings.lane.answerTime) }

  /// Looks, as long as something has no answer, whether that is for too long. One timer, whatever is asked.
  func watchAnswers() {
    guard watch == nil, degraded == nil, !isStopped else { return }
    scheduleWatch(in: patience)
  }

  private func scheduleWatch(in time: Int64) {
    watch = eventLoop.assumeIsolated().scheduleTask(in: .microseconds(max(time, 1_000))) {
      self.watch = nil
      self.lookForAnswers()
    }
  }

  private func lookForAnswers() {
    guard degraded == nil, !isStopped else { return }
    var oldest = session.askedAt
    for lane in lanesInOrder {
      if let asked = lane.machine.askedAt, asked < oldest ?? .max { oldest = asked }
    }
    guard let oldest else { return }
    if now - oldest >= patience { degrade() } else { scheduleWatch(in: oldest + patience - now) }
  }

  private func degrade() {
    let refusal = lanesInOrder.lazy.compactMap(\.machine.lastError).first
    let cause = store.connectionError ?? session.lastError ?? refusal ?? NoAnswer(microseconds: patience)
    degraded = Degraded(since: now, cause: cause)
    if session.epoch == nil { session.clock.set(surroundings.wallClock(), at: now) }
    events.degraded(cause)
    for lane in lanesInOrder { degrade(lane) }
    probe()
  }

  /// The local share decides for a lane, in the name of the session that is or will be open.
  func degrade(_ lane: EngineLane) {
    let id: String
    switch session.phase {
    case .open(let open), .opening(let open): id = open
    case .none: return
    }
    with(lane) {
      $0.degrade(
        as: id, serverNow: serverNow, hasShare: share.hosts != nil && session.epoch != nil, cause: degraded?.cause,
        at: now)
    }
  }

  /// Asks whether Redis answers in time again.
  private func probe() {
    guard degraded != nil, !isStopped else { return }
    guard case .open(let id) = session.phase, !untold.isTelling else { return probeLater() }
    let (began, epoch) = (now, session.epoch)
    var call = SessionCall(.renew, session: id, timeToLive: settings.sessionTimeToLive)
    call.isProbe = true
    store.session(call, deadline: eventLoop.now + .microseconds(probeTime)) { [self] result in
      guard degraded != nil, case .open(id) = session.phase else { return probeLater() }
      switch result {
      case .success(let answer) where answer.status == .gone: lostSession(id)
      case .success(let answer) where now - began < probeTime:
        session.clock.observe(answer.now, sentAt: began, at: now)
        session.extendLease(of: id, until: began + settings.sessionTimeToLive.microsecondsRoundedUp)
        share.hosts = max(answer.hosts, 1)
        if isOtherState(answer, of: id, since: epoch) { return foundOtherState(answer.epoch, of: id) }
        return tell(id, hasLostState: false)
      case .success: break
      case .failure(let error): session.lastError = error
      }
      probeLater()
    }
  }

  /// One timer, however often Redis comes and goes.
  private func probeLater() {
    probeTimer?.cancel()
    probeTimer = eventLoop.assumeIsolated().scheduleTask(in: .microseconds(probeTime / 2)) { self.probe() }
  }

  /// Redis could not be told: it is away again.
  func stopTelling() {
    untold.isTelling = false
    for lane in lanesInOrder { degrade(lane) }
    probeLater()
  }

  /// Redis decides from now on.
  func begin(_ id: String) {
    untold.isTelling = false
    if !untold.again.isEmpty { untold.again.formIntersection(settlements.inFlight.map(\.item.id)) }
    session.askedAt = nil
    let wasDegraded = degraded != nil
    degraded = nil
    // The one that is set may be that of a first connection.
    watch?.cancel()
    watch = nil
    untold.isDoubted = true
    for lane in lanesInOrder {
      with(lane) { $0.opened(session: id, serverNow: serverNow, at: now) }
    }
    if untold.settlesAgain {
      untold.settlesAgain = false
      settleAgain { _ in true }
    }
    lanesAnswered()
    if wasDegraded { events.recovered() }
  }
}
