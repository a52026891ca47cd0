import HeapModule

extension LaneMachine {
  /// Redis has answered a batch; nothing is done when that is not the one in flight.
  package mutating func answered(_ answer: AcquireAnswer, to batch: AcquireBatch, at now: Int64) -> [LaneAction] {
    guard let flight = inFlight(batch) else { return [] }
    // What marks it is sent until it is decided.
    if flight.asksMemory, !marksMemory { isDoubtful = false }
    if let serverNow = answer.serverNow(to: flight.batch) { clock.observe(serverNow, sentAt: flight.sentAt, at: now) }
    switch answer {
    case .decided(let serverNow, let aliveUntil, let used, let decisions):
      inFlight = nil
      if flight.asksMemory { (isDoubtful, marksMemory) = (false, false) }
      if !flight.isLocal, flight.batch.isRemembered(decisions) { remembered = flight.batch.operation }
      // Redis is told of it later, and may forget that.
      if flight.isLocal, decisions.contains(.granted) { (isDoubtful, marksMemory) = (true, true) }
      // It ran after it was sent first, so this is not too late.
      let sessionUntil = flight.sentAt + aliveUntil.microseconds - serverNow.microseconds
      var actions: [LaneAction] = []
      var heads: Set<LimitID> = []
      for (position, decision) in decisions.enumerated() {
        let id = flight.waiters[position]
        switch decision {
        case .granted:
          actions.append(
            grant(id, position: position, of: flight, used: used, at: serverNow, sessionUntil: sessionUntil))
        case .denied(let limit, let retry):
          let denial = WaiterDenial(
            limit: flight.batch.limits[limit], used: used[limit], retry: retry, decidedAt: serverNow,
            isDegraded: flight.isLocal)
          // Whose wait Redis took for shorter, by a clock that was behind, does not stand in the queue.
          let isShort =
            !Self.waits(until: flight.batch.requests[position].waitsUntil, decision, of: flight.batch)
            && Self.waits(
              until: waiters[id]?.waitsUntil.map { clock.estimate(at: $0) }, decision, of: flight.batch)
          let isOutdated = flight.isOutdated || isShort
          if let action = deny(id, denial, isOutdated: isOutdated, heads: &heads, at: now) { actions.append(action) }
        }
      }
      noteQueue(flight, decisions, at: now)
      for limit in releasedMeanwhile where parked[limit] != nil { parked[limit]?.until = now }
      releasedMeanwhile = []
      return actions + pump(at: now)
    case .stale:
      // No earlier copy has run or will: those are stale, too.
      inFlight?.sentAt = now
      return resend(at: now)
    case .otherPeriod:
      return refresh(flight, at: now)
    case .forgotten(_, let last):
      // What is granted later was granted by the local share, of which Redis has been told, or will be.
      let through = max(remembered, marksMemory ? toldThrough : 0)
      (toldThrough, remembered, isDoubtful, marksMemory) = (through, last, true, true)
      session = nil
      requeueInFlight()
      withdrawn += flight.batch.withdrawn
      withdrawGone(of: flight)
      return [.forgotten(session: flight.batch.session, after: last, through: through)]
    case .noSession, .superseded:
      session = nil
      requeueInFlight()
      return revocation(of: flight) + [.sessionLost(flight.batch.session)]
    }
  }

  /// A batch got no answer; nothing is done when it is not the one in flight.
  package mutating func failed(_ failure: LaneFailure, of batch: AcquireBatch, at now: Int64) -> [LaneAction] {
    guard var flight = inFlight(batch) else { return [] }
    switch failure {
    case .fatal(let error):
      return revocation(of: flight) + giveUp(flight, error) + pump(at: now)
    case .unreadable(let error):
      return [.revoke(flight.batch, sentAt: flight.sentAt)] + giveUp(flight, error) + pump(at: now)
    case .notRun(let error):
      flight.lastError = error
    case .unknown(let error):
      flight.lastError = error
      flight.batch.isResent = true
    }
    flight.failures += 1
    // 10, 20, 40 ... 640 ms: the client beneath has its own pauses between connections.
    flight.resendAt = now + 10_000 << min(flight.failures - 1, 6)
    inFlight = flight
    return []
  }

  private func inFlight(_ batch: AcquireBatch) -> InFlight? {
    guard let flight = inFlight, flight.batch.session == batch.session, flight.batch.operation == batch.operation
    else { return nil }
    return flight
  }

  /// The last copy of a batch did nothing; one that was sent before may have been granted, and its answer was lost.
  func revocation(of flight: InFlight) -> [LaneAction] {
    flight.batch.isResent ? [.revoke(flight.batch, sentAt: flight.sentAt)] : []
  }

  private mutating func giveUp(_ flight: InFlight, _ error: any Error) -> [LaneAction] {
    inFlight = nil
    if flight.asksMemory { (isDoubtful, marksMemory) = (false, false) }
    return flight.waiters.compactMap { id in
      waiters.removeValue(forKey: id).map { .resolve($0.id, .failed(error)) }
    }
  }

  private mutating func grant(
    _ id: UInt64, position: Int, of flight: InFlight, used: [Int64], at serverNow: ServerTime, sessionUntil: Int64
  ) -> LaneAction {
    let grant = WaiterGrant(
      session: flight.batch.session, permit: flight.batch.permitName(at: position), grantedAt: serverNow,
      needs: flight.needs[position],
      sentAt: flight.sentAt, sessionUntil: sessionUntil, isDegraded: flight.isLocal,
      usedAfter: GrantUsage(used: used, needs: flight.batch.requests[position].needs))
    guard waiters.removeValue(forKey: id) != nil else { return .giveBack(grant) }
    return .resolve(id, .granted(grant))
  }

  /// A denied waiter waits on, or is told.
  private mutating func deny(
    _ id: UInt64, _ denial: WaiterDenial, isOutdated: Bool, heads: inout Set<LimitID>, at now: Int64
  ) -> LaneAction? {
    guard var waiter = waiters[id] else { return nil }
    // What was said of needs or of a wait that are other ones now says nothing: it is asked for again.
    let earliest = isOutdated && waiter.waitsUntil != nil ? now : earliestTime(denial, at: now)
    guard let earliest, let waitsUntil = waiter.waitsUntil, max(earliest, now) <= waitsUntil else {
      waiters[id] = nil
      return .resolve(id, .denied(denial))
    }
    let until = min(isOutdated ? now : askingTime(denial, from: earliest, at: now), waitsUntil)
    waiter.denial = denial
    let limit = denial.limit.id
    park(waiter, on: limit)
    // The first that may have room says when.
    if heads.insert(limit).inserted {
      parked[limit]?.until = until
      parked[limit]?.denial = denial
    } else {
      let first = parked[limit]?.until ?? until
      parked[limit]?.until = min(first, until)
    }
    return nil
  }

  /// When there may be room for a denied request; `nil`: it does not wait, for money and what can never fit.
  private func earliestTime(_ denial: WaiterDenial, at now: Int64) -> Int64? {
    guard !denial.limit.isBudget else { return nil }
    switch denial.retry {
    case .never, .tooLarge: return nil
    case .behind(let time): return clock.local(time)
    case .at(let time), .notBefore(let time):
      return denial.limit.isConcurrency ? clock.local(time) : max(clock.local(time), now + 1_000)
    }
  }

  /// When a request that waits is asked for again, if nobody tells before that there is room. A lower bound may be one for another reason than
  /// the limit in whose queue it stands: money may come back, which nobody is told.
  private func askingTime(_ denial: WaiterDenial, from earliest: Int64, at now: Int64) -> Int64 {
    switch denial.retry {
    case .behind: min(max(earliest, now + settings.slotPoll), now + settings.behindPoll)
    case .notBefore where !denial.limit.isConcurrency: min(earliest, now + settings.behindPoll)
    case .at, .notBefore: denial.limit.isConcurrency ? max(earliest, now + settings.slotPoll) : earliest
    case .never, .tooLarge: earliest
    }
  }

  /// The same operation again, for as long as it takes: only an answer tells whether permits are ours.
  mutating func resend(at now: Int64) -> [LaneAction] {
    guard var flight = inFlight else { return [] }
    flight.resendAt = nil
    // The answer may be that to an earlier copy: then the permit is as old as that one.
    if !flight.batch.isResent { flight.sentAt = now }
    flight.batch.notAfter = notAfter(at: now)
    inFlight = flight
    return [.send(flight.batch)]
  }

  /// A budget's period has ended or not begun: nothing was done; the requests are made anew for the server's time.
  private mutating func refresh(_ flight: InFlight, at now: Int64) -> [LaneAction] {
    requeueInFlight()
    // An earlier copy may have been decided, within the period.
    if flight.batch.isResent {
      doubtQueue(flight)
    } else {
      withdrawn += flight.batch.withdrawn
      withdrawGone(of: flight)
    }
    for id in flight.waiters {
      guard var waiter = waiters[id] else { continue }
      waiter.needs = waiter.resolve(clock.estimate(at: now))
      waiters[id] = waiter
    }
    return pump(at: now)
  }

  /// Nothing of the batch in flight was done: its waiters are ready again.
  mutating func requeueInFlight() {
    guard let flight = inFlight else { return }
    inFlight = nil
    for id in flight.waiters {
      guard var waiter = waiters[id] else { continue }
      waiter.isInFlight = false
      waiters[id] = waiter
      ready.insert(waiter.rank)
      // Its time may have ended while an answer was awaited, and none comes.
      deadlines.insert(WaiterDeadline(waiter))
    }
  }

  /// Ends the wait of those whose time is over.
  mutating func expire(at now: Int64) -> [LaneAction] {
    var actions: [LaneAction] = []
    while let deadline = deadlines.min, deadline.at <= now {
      deadlines.removeMin()
      guard let waiter = waiters[deadline.id] else { continue }
      let denial = waiter.denial ?? waiter.parkedOn.flatMap { parked[$0]?.denial }
      // Asked for again at this moment, it waits for that answer, which may be a grant; no longer than it would for its first one. After that
      // what it was told last is the truth still, unless Redis has gone silent meanwhile.
      let isSilent = waiter.isInFlight && inFlight.map { $0.failures > 0 } ?? false
      let isUndecided = waiter.isInFlight && now < waiter.failsAt
      if !isSilent, !isUndecided, !waiter.isSuspended, let waitsUntil = waiter.waitsUntil, waitsUntil <= now,
        let denial
      {
        waiters[waiter.id] = nil
        withdraw(waiter)
        hasLeft(waiter)
        actions.append(.resolve(waiter.id, .denied(denial)))
      } else if waiter.failsAt <= now || (waiter.isSuspended && waiter.waitsUntil ?? now <= now) {
        waiters[waiter.id] = nil
        withdraw(waiter)
        hasLeft(waiter)
        actions.append(.resolve(waiter.id, .failed(LaneTimeout(cause: inFlight?.lastError ?? degradedBy))))
      } else {
        deadlines.insert(WaiterDeadline(at: waiter.failsAt, id: waiter.id))
      }
    }
    return actions
  }
}

/// Redis did not answer before a call's time was over.
package struct LaneTimeout: Error {
  /// What the last attempt ended with.
  package var cause: (any Error)?

  package init(cause: (any Error)?) {
    self.cause = cause
  }
}

extension AcquireAnswer {
  /// The server's time as it is now; `nil` where the answer may have been given long ago, to an earlier copy of the batch.
  package func serverNow(to batch: AcquireBatch) -> ServerTime? {
    switch self {
    case .decided(let now, _, _, _): batch.isResent ? nil : now
    case .stale(let now), .superseded(let now), .noSession(let now), .otherPeriod(let now, _),
      .forgotten(let now, _):
      now
    }
  }
}
