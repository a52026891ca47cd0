extension ReferenceStore {
  /// Decides a batch, as `acquire.lua` does.
  package mutating func acquire(_ batch: AcquireBatch, at time: ServerTime) -> AcquireAnswer {
    let now = stamp(time)
    let instant = ServerTime(microseconds: now)
    guard epoch != nil, let session = sessions[batch.session], session.aliveUntil > now else {
      return .noSession(now: instant)
    }
    if let before = session.lanes[batch.lane] {
      if before.operation == batch.operation { return before.answer }
      if before.operation > batch.operation { return .superseded(now: instant) }
    }
    let known = session.lanes[batch.lane]?.operation ?? 0
    if known < batch.remembered { return .forgotten(now: instant, last: known) }
    if now > batch.notAfter.microseconds { return .stale(now: instant) }
    if let other = batch.limits.firstIndex(where: { !Self.isCurrent($0, at: now) }) {
      return .otherPeriod(now: instant, limit: other)
    }

    let backlog = prune(batch.limits, now: now)
    if batch.limits.contains(where: \.isConcurrency) { reap(now: now) }

    var turn = BatchTurn(batch, used: batch.limits.map { self.used($0) }, backlog: backlog, now: now)
    waitForOthers(&turn)
    enterQueue(&turn)
    let granted = batch.requests.map { admit($0, &turn) }
    let stamps = write(turn.added, of: batch, now: now)
    let decisions = zip(batch.requests, granted).map { request, isGranted in
      if isGranted { return BatchDecision.granted }
      let decision = explain(request, &turn)
      if let until = request.waitsUntil, !Self.waits(decision, until: until, batch) { giveUp(request, &turn) }
      return decision
    }
    for (index, head) in turn.published where head.isChanged { write(head, of: batch.limits[index].id) }
    for (index, call) in turn.mine where turn.standing[index].map({ $0 >= call.rank }) ?? true {
      joinQueue(batch.limits[index].id, call)
    }
    for index in turn.awaited {
      let limit = batch.limits[index]
      if turn.used[index] < limit.amount || nextCannotKnow(index, turn) {
        turn.left.insert(limit.id)
      } else {
        turn.left.remove(limit.id)
      }
    }
    wake(turn.left, now: now)
    let answer = AcquireAnswer.decided(
      now: instant, aliveUntil: ServerTime(microseconds: session.aliveUntil), used: turn.used, decisions: decisions)

    if granted.contains(true) {
      for (position, request) in batch.requests.enumerated() where granted[position] && request.isRecorded {
        let parts = request.needs.map {
          Part(limit: batch.limits[$0.limit], amount: $0.amount, stamp: stamps[$0.limit])
        }
        sessions[batch.session]?.permits[batch.permitName(at: position)] = Record(grantedAt: now, parts: parts)
      }
      last = now
    }
    if batch.isRemembered(decisions) {
      sessions[batch.session]?.lanes[batch.lane] = LastOperation(operation: batch.operation, answer: answer)
    }
    return answer
  }

  private static func waits(_ decision: BatchDecision, until: ServerTime, _ batch: AcquireBatch) -> Bool {
    guard case .denied(let limit, let retry) = decision, !batch.limits[limit].isBudget else { return false }
    switch retry {
    case .never, .tooLarge: return false
    case .at(let time), .notBefore(let time), .behind(let time): return time <= until
    }
  }

  private static func isCurrent(_ limit: EffectiveLimit, at now: Int64) -> Bool {
    guard case .budget(_, let period, _) = limit.allowance else { return true }
    return now >= period.start.microseconds && now < (period.end?.microseconds ?? .max)
  }

  /// Drops what has expired; returns, per limit, whether more is left to drop. What has left for one call has left for all: the
  /// time of this one is kept.
  private mutating func prune(_ limits: [EffectiveLimit], now: Int64) -> [Bool] {
    limits.map { limit in
      guard case .window(_, let length) = limit.allowance, let log = windows[limit.id],
        let oldest = log.entries.first, oldest.stamp <= now - length
      else { return false }
      last = now
      return windows[limit.id]?.prune(upTo: now - length, bound: bounds.pruned) ?? false
    }
  }

  /// All of a request's limits or none, and nothing that makes the best-ranked waiter of a limit later.
  private mutating func admit(_ request: AcquireBatch.Request, _ turn: inout BatchTurn) -> Bool {
    let limits = turn.batch.limits
    let fits = request.needs.allSatisfy { need in
      turn.used[need.limit] + need.amount <= limits[need.limit].amount && !delays(need, rank: request.rank, &turn)
    }
    guard fits else {
      if let until = request.waitsUntil { wait(request, until: until.microseconds, &turn) }
      return false
    }
    for need in request.needs {
      turn.used[need.limit] += need.amount
      turn.added[need.limit] += need.amount
      turn.takeSlack(need, rank: request.rank)
      if turn.standing[need.limit] == request.rank { leave(need.limit, &turn) }
    }
    return true
  }

  /// Writes what was added, once per limit; returns the stamps of the windows' entries.
  private mutating func write(_ added: [Int64], of batch: AcquireBatch, now: Int64) -> [Int64] {
    var stamps = added.map { _ in now }
    for (index, amount) in added.enumerated() where amount > 0 {
      let limit = batch.limits[index]
      switch limit.allowance {
      case .window(_, let length):
        let log = windows[limit.id, default: WindowLog()]
        stamps[index] = log.stamp(at: now, length: length, bounds: bounds)
        windows[limit.id, default: WindowLog()].add(amount, at: stamps[index])
      case .budget:
        budgets[limit.keyName, default: Budget()].held += amount
      case .concurrency:
        slots[limit.id, default: [:]][batch.session, default: 0] += amount
      }
    }
    return stamps
  }

  /// Which limit holds a denied request up the longest, and when to ask again.
  private func explain(_ request: AcquireBatch.Request, _ turn: inout BatchTurn) -> BatchDecision {
    let (limits, now) = (turn.batch.limits, turn.now)
    if let hopeless = request.needs.first(where: { $0.amount > limits[$0.limit].amount }) {
      return .denied(limit: hopeless.limit, .tooLarge)
    }
    var limiting: (limit: Int, at: Int64)?
    var behind: (limit: Int, until: Int64)?
    var isExact = true
    for need in request.needs {
      let limit = limits[need.limit]
      let missing = turn.used[need.limit] + need.amount - limit.amount
      if missing > 0 {
        var (time, exact) = (now, false)
        switch limit.allowance {
        case .window:
          (time, exact) = retry(need.limit, missing, turn)
        case .budget(_, let period, _):
          guard let end = period.end else { return .denied(limit: need.limit, .never) }
          (time, exact) = (end.microseconds, true)
        case .concurrency: break
        }
        if !exact { isExact = false }
        if limiting.map({ time > $0.at && time > now }) ?? true { limiting = (need.limit, time) }
      }
      if delays(need, rank: request.rank, &turn), let head = turn.heads[need.limit],
        behind.map({ head.start > $0.until }) ?? true
      {
        behind = (need.limit, max(head.start, now))
      }
    }
    // It would pass a better-ranked one when its own time comes.
    if let behind, limiting.map({ behind.until > $0.at }) ?? true {
      // Nothing is known to be in that one's way, and it has not come: it may not know.
      if behind.until == now { turn.awaited.insert(behind.limit) }
      return .denied(limit: behind.limit, .behind(ServerTime(microseconds: behind.until)))
    }
    let instant = ServerTime(microseconds: limiting?.at ?? now)
    return .denied(
      limit: limiting?.limit ?? request.needs.first?.limit ?? 0, isExact ? .at(instant) : .notBefore(instant))
  }

  /// When some units of a window will have left.
  func retry(_ index: Int, _ need: Int64, _ turn: BatchTurn) -> (at: Int64, exact: Bool) {
    guard case .window(_, let length) = turn.batch.limits[index].allowance else { return (turn.now, false) }
    if turn.askAgain > 0 { return (turn.askAgain, false) }
    return (windows[turn.batch.limits[index].id] ?? WindowLog()).retry(
      need: need, length: length, now: turn.now, hasBacklog: turn.backlog[index], bounds: bounds)
  }
}
