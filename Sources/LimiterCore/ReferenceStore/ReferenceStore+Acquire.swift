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
    if now > batch.notAfter.microseconds { return .stale(now: instant) }
    if let other = batch.limits.firstIndex(where: { !Self.isCurrent($0, at: now) }) {
      return .otherPeriod(now: instant, limit: other)
    }

    let backlog = prune(batch.limits, now: now)
    if batch.limits.contains(where: \.isConcurrency) { reap(now: now) }

    var used = batch.limits.map { self.used($0) }
    var added = [Int64](repeating: 0, count: used.count)
    var heldUp: Set<Int> = []
    let granted = batch.requests.map {
      Self.admit($0, limits: batch.limits, used: &used, added: &added, heldUp: &heldUp)
    }
    let stamps = write(added, of: batch, now: now)
    let decisions = zip(batch.requests, granted).map { request, isGranted in
      isGranted
        ? .granted : explain(request, limits: batch.limits, used: used, backlog: backlog, heldUp: heldUp, now: now)
    }
    let answer = AcquireAnswer.decided(
      now: instant, aliveUntil: ServerTime(microseconds: session.aliveUntil), used: used, decisions: decisions)

    if granted.contains(true) {
      for (position, request) in batch.requests.enumerated() where granted[position] && request.isRecorded {
        let parts = request.needs.map {
          Part(limit: batch.limits[$0.limit], amount: $0.amount, stamp: stamps[$0.limit])
        }
        sessions[batch.session]?.permits[batch.permitName(at: position)] = Record(grantedAt: now, parts: parts)
      }
      last = now
    }
    if granted.contains(true) || batch.isResent {
      sessions[batch.session]?.lanes[batch.lane] = LastOperation(operation: batch.operation, answer: answer)
    }
    return answer
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

  private static func admit(
    _ request: AcquireBatch.Request, limits: [EffectiveLimit], used: inout [Int64], added: inout [Int64],
    heldUp: inout Set<Int>
  ) -> Bool {
    let (usedBefore, addedBefore) = (used, added)
    for need in request.needs {
      guard used[need.limit] + need.amount <= limits[need.limit].amount, !heldUp.contains(need.limit) else {
        (used, added) = (usedBefore, addedBefore)
        if request.waits { holdUp(request, limits: limits, used: used, heldUp: &heldUp) }
        return false
      }
      used[need.limit] += need.amount
      added[need.limit] += need.amount
    }
    return true
  }

  /// A request that waits holds up later ones on the limits that have no room for it.
  private static func holdUp(
    _ request: AcquireBatch.Request, limits: [EffectiveLimit], used: [Int64], heldUp: inout Set<Int>
  ) {
    let lacking = request.needs.filter { used[$0.limit] + $0.amount > limits[$0.limit].amount }
    let isHopeless = request.needs.contains { $0.amount > limits[$0.limit].amount }
    if isHopeless || lacking.contains(where: { limits[$0.limit].isBudget }) { return }
    heldUp.formUnion(lacking.map(\.limit))
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
  private func explain(
    _ request: AcquireBatch.Request, limits: [EffectiveLimit], used: [Int64], backlog: [Bool],
    heldUp: Set<Int>, now: Int64
  ) -> BatchDecision {
    if let hopeless = request.needs.first(where: { $0.amount > limits[$0.limit].amount }) {
      return .denied(limit: hopeless.limit, .tooLarge)
    }
    var limiting: Int?
    var latest = now
    var isExact = true
    for need in request.needs {
      let limit = limits[need.limit]
      let missing = used[need.limit] + need.amount - limit.amount
      guard missing > 0 else { continue }
      var (time, exact) = (now, false)
      switch limit.allowance {
      case .window(_, let length):
        let log = windows[limit.id] ?? WindowLog()
        (time, exact) = log.retry(
          need: missing, length: length, now: now, hasBacklog: backlog[need.limit], bounds: bounds)
      case .budget(_, let period, _):
        guard let end = period.end else { return .denied(limit: need.limit, .never) }
        (time, exact) = (end.microseconds, true)
      case .concurrency: break
      }
      if !exact { isExact = false }
      if limiting == nil || time > latest { (limiting, latest) = (need.limit, time) }
    }
    guard let limiting else {
      return .denied(limit: request.needs.first { heldUp.contains($0.limit) }?.limit ?? 0, .behind)
    }
    let instant = ServerTime(microseconds: latest)
    return .denied(limit: limiting, isExact ? .at(instant) : .notBefore(instant))
  }
}
