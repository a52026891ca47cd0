internal import LimiterCore
package import NIOCore

extension LimiterEngine {
  func openSession() {
    guard !isStopped else { return }
    let id = surroundings.makeID()
    session.phase = .opening(id)
    session.askedAt = session.askedAt ?? now
    if degraded != nil { for lane in lanesInOrder { degrade(lane) } }
    watchAnswers()
    open(id)
  }

  /// Opens a session; asked again with the same id until it is answered, so at most one is opened.
  private func open(_ id: String) {
    let leaseUntil = now + settings.sessionTimeToLive.microsecondsRoundedUp
    call(.open, session: id) { [self] answer in
      session.failures = 0
      let hasLostState = session.epoch.map { $0 != answer.epoch } ?? false
      if hasLostState {
        events.stateLost()
        recent.removeAll()
        movePermits(holds.ids, to: id)
      } else {
        endHolds(but: untold.permits)
        // They are told all the same: what they have used counts, and whoever looks ends them.
        if !untold.parts.isEmpty { lookForOrphansLater() }
      }
      movePermits(untold.permitIDs, to: id)
      if let lost = session.lost, !hasLostState {
        events.sessionLost(lost)
        // A failover may have forgotten heartbeats, and settlements with them.
        settleAgain { $0.session == lost }
      }
      session.lost = nil
      session.epoch = answer.epoch
      session.phase = .open(id)
      session.leaseUntil = leaseUntil
      share.hosts = max(answer.hosts, 1)
      untold.number = 0
      session.connections = store.connections
      events.sessionOpened(id)
      stopListening()
      listen()
      scheduleHeartbeat(of: id)
      tell(id, hasLostState: hasLostState)
    } otherwise: { [self] in
      if case .opening(id) = session.phase { open(id) }
    }
  }

  /// One call renews everything that the session holds, every third of its time to live.
  private func scheduleHeartbeat(of id: String) {
    let pause = TimeAmount.microseconds(settings.sessionTimeToLive.microsecondsRoundedUp / 3)
    eventLoop.assumeIsolated().scheduleTask(in: pause) { self.renew(id) }
  }

  private func renew(_ id: String) {
    guard case .open(id) = session.phase, !isStopped else { return }
    let (leaseUntil, epoch) = (now + settings.sessionTimeToLive.microsecondsRoundedUp, session.epoch)
    call(.renew, session: id) { [self] answer in
      session.failures = 0
      guard answer.status == .done else { return lostSession(id) }
      session.leaseUntil = leaseUntil
      share.hosts = max(answer.hosts, 1)
      scheduleHeartbeat(of: id)
      listen()
      if isOtherState(answer, of: id, since: epoch) { return foundOtherState(answer.epoch, of: id) }
      lookForOrphansNowAndThen()
    } otherwise: { [self] in
      renew(id)
    }
  }

  /// Something was meant for another state than Redis has: whether the session is there tells what to do, if it is the state that this
  /// process knows.
  func lookAtState(of id: String, ifSame: @escaping () -> Void) {
    guard case .open(id) = session.phase, !isStopped else { return }
    let epoch = session.epoch
    call(.renew, session: id) { [self] answer in
      if answer.status == .gone { return lostSession(id) }
      if isOtherState(answer, of: id, since: epoch) { return foundOtherState(answer.epoch, of: id) }
      guard case .open(id) = session.phase else { return }
      ifSame()
    } otherwise: { [self] in
      lookAtState(of: id, ifSame: ifSame)
    }
  }

  /// Whether an answer to this session, which was asked in a state, comes from another one. An old answer says nothing.
  func isOtherState(_ answer: SessionAnswer, of id: String, since epoch: String?) -> Bool {
    guard case .open(id) = session.phase else { return false }
    return session.epoch == epoch && answer.epoch != epoch
  }

  /// The state was lost, and the session is there all the same: a call that had opened it once came again, to the new state. What stands there
  /// already is not told twice.
  func foundOtherState(_ epoch: String, of id: String) {
    guard !untold.isTelling else { return lostSession(id) }
    untold.forgotten = [:]
    session.epoch = epoch
    events.stateLost()
    recent.removeAll()
    movePermits(holds.ids, to: id)
    tell(id, hasLostState: true)
  }

  /// The session is over although this process lives: it was paused for too long, or state was lost. Which of both it is, and so
  /// what becomes of its permits, the next one tells.
  func lostSession(_ id: String) {
    guard case .open(id) = session.phase else { return }
    session.phase = .none
    session.lost = id
    session.leaseUntil = nil
    (untold.isTelling, untold.isDoubted) = (false, false)
    (untold.forgotten, untold.again) = ([:], [])
    for lane in lanesInOrder {
      with(lane) { $0.closed(session: id) }
    }
    openSession()
  }

  /// Fails what waits, ends the session and its permits as abandoned, and stops. Settlements that wait are sent first.
  package func stop(failing error: any Error, within time: TimeAmount, promise: EventLoopPromise<Void>) {
    eventLoop.preconditionInEventLoop()
    guard !isStopped else { return promise.succeed() }
    isStopping = true
    failure = failure ?? error
    failWaiters(error)
    finishSettlements(until: eventLoop.now + time) { [self] in
      let open: String? = if case .open(let id) = session.phase { id } else { nil }
      session.phase = .none
      guard let open else { return finish(error, promise) }
      close(open, until: eventLoop.now + time) { [self] in finish(error, promise) }
    }
  }

  /// A batch that is in flight may bring permits that nobody waits for: they are given back before the session ends.
  private func finishSettlements(until deadline: NIODeadline, _ done: @escaping () -> Void) {
    guard settlements.count > 0 || isAsking, eventLoop.now < deadline else {
      return done()
    }
    eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(5)) {
      self.finishSettlements(until: deadline, done)
    }
  }

  private func close(_ id: String, until deadline: NIODeadline, _ done: @escaping () -> Void) {
    call(.close, session: id, deadline: deadline) { [self] answer in
      if answer.status == .more, eventLoop.now < deadline {
        close(id, until: deadline, done)
      } else {
        done()
      }
    } otherwise: {
      done()
    }
  }

  private func finish(_ error: any Error, _ promise: EventLoopPromise<Void>) {
    isStopped = true
    stopListening()
    for lane in lanesInOrder { lane.cancelTimer() }
    endHolds()
    // What waits for a time would keep all of this until then.
    for timer in [holdTimer?.timer, watch, probeTimer] { timer?.cancel() }
    holdTimer = nil
    for settlement in settlements.all { settlement.take()?(.failure(error)) }
    promise.succeed()
  }

  /// How long a heartbeat waits for its answer: so that a lost one is sent again, more than once, while the session lives.
  private var heartbeatDeadline: NIODeadline {
    let third = settings.sessionTimeToLive.microsecondsRoundedUp / 3
    return eventLoop.now + .microseconds(min(settings.lane.answerTime, third))
  }

  /// Asks for something of the session; `otherwise` comes after a pause when there was no answer.
  private func call(
    _ verb: SessionCall.Verb, session id: String, deadline: NIODeadline? = nil,
    _ answered: @escaping (SessionAnswer) -> Void, otherwise: @escaping () -> Void
  ) {
    let call = SessionCall(
      verb, session: id, timeToLive: settings.sessionTimeToLive, epoch: surroundings.makeID(), who: settings.who,
      hosts: session.epoch == nil ? 0 : share.hosts ?? 1)
    let sentAt = now
    store.session(call, deadline: deadline ?? heartbeatDeadline) { [self] result in
      do {
        let answer = try result.get()
        session.clock.observe(answer.now, sentAt: sentAt, at: now)
        session.lastError = nil
        answered(answer)
      } catch {
        if isStopped { return }
        events.trouble(error)
        lookForOrphansLater()
        session.lastError = error
        noteRefusal(error)
        if case .fatal = LaneFailure(error) { failWaiters(error) }
        session.failures += 1
        let pause = TimeAmount.milliseconds(10 << min(Int64(session.failures) - 1, 6))
        eventLoop.assumeIsolated().scheduleTask(in: pause, otherwise)
      }
    }
  }
}
