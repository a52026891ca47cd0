/// What a process remembers of its domain's limits: so that it can go on within its share while Redis gives no answer, and can tell a
/// Redis that has lost its state.
///
/// Cost: a look-up per limit of a batch; at most ``capacity`` limits with 256 entries each.
package struct LocalShare: Sendable {
  /// Limits that are remembered, at most. Of more, those that were heard of last, and those that Redis has to be told of.
  static let capacity = 4_096
  /// When a denied call is asked for again that no known time helps, in microseconds.
  private static let pause: Int64 = 250_000

  private var limits: [LimitID: RememberedLimit] = [:]
  /// While Redis gives no answer: how many said something still when that was looked at last. It is looked at again when there are twice as many.
  private var kept = 0
  /// Processes that share the limits, this one among them; `nil`: nobody has ever said.
  package var hosts: Int64?

  package init() {}

  /// Redis has decided a batch.
  ///
  /// - Parameter slots: what this process holds of a limit, without those of the batch.
  package mutating func heard(_ answer: AcquireAnswer, to batch: AcquireBatch, slots: (LimitID) -> HeldSlots) {
    guard case .decided(let now, _, let used, let decisions) = answer else { return }
    var added = [Int64](repeating: 0, count: batch.limits.count)
    for (request, decision) in zip(batch.requests, decisions) where decision == .granted {
      for need in request.needs { added[need.limit] += need.amount }
    }
    for (index, limit) in batch.limits.enumerated() where limit.onFailure != .open || added[index] > 0 {
      limits[limit.id, default: RememberedLimit(limit, at: now.microseconds)].heard(
        limit, used: used[index], added: added[index], slots: limit.isConcurrency ? slots(limit.id) : .none,
        at: now.microseconds)
    }
    if limits.count > Self.capacity { forget(at: now.microseconds) }
  }

  /// Redis has settled a permit of this process: what it has charged above the reservation is of now.
  package mutating func settled(_ needs: [LimitNeed], as amounts: [Int64?], at time: ServerTime) {
    for (need, amount) in zip(needs, amounts) {
      guard let amount, amount > need.amount else { continue }
      limits[need.limit.id]?.charged(amount - need.amount, of: need.limit, at: time.microseconds)
    }
  }

  /// Decides a batch by itself, in the order of its requests: every request gets all of its limits, or none.
  ///
  /// - Precondition: no limit of it is closed.
  package mutating func decide(
    _ batch: AcquireBatch, at time: ServerTime, slots: (LimitID) -> HeldSlots
  ) -> AcquireAnswer {
    let now = time.microseconds
    for limit in batch.limits { limits[limit.id]?.become(limit, at: now) }
    var room = batch.limits.map { limit in
      switch limit.onFailure {
      case .open: Int64.max
      case .closed: Int64(0)
      case .local:
        hosts.map { hosts in
          self.room(
            of: limit, hosts: max(hosts, 1), slots: limit.isConcurrency ? slots(limit.id) : .none, at: now)
        } ?? 0
      }
    }
    var added = [Int64](repeating: 0, count: batch.limits.count)
    let decisions = batch.requests.map { request in
      if let full = request.needs.first(where: { $0.amount > room[$0.limit] }) {
        return BatchDecision.denied(
          limit: full.limit, retry(batch.limits[full.limit], missing: full.amount - room[full.limit], at: now))
      }
      for need in request.needs {
        room[need.limit] -= room[need.limit] == .max ? 0 : need.amount
        added[need.limit] += need.amount
      }
      return .granted
    }
    for (index, limit) in batch.limits.enumerated() where added[index] > 0 {
      limits[limit.id, default: RememberedLimit(limit, at: now)].add(added[index], isLocal: true, at: now)
    }
    // What was heard before Redis went away is not heard again, and counts.
    if limits.count > max(Self.capacity, 2 * kept) {
      forgetSilent(at: now)
      kept = limits.count
    }
    return .decided(
      now: time, aliveUntil: time, used: batch.limits.map { used($0, slots: slots($0.id).all) }, decisions: decisions)
  }

  /// What this process may admit of a limit by itself. One that it knows nothing of is not remembered for being asked for.
  private mutating func room(of limit: EffectiveLimit, hosts: Int64, slots: HeldSlots, at now: Int64) -> Int64 {
    if let room = limits[limit.id]?.room(hosts: hosts, slots: slots, at: now) { return room }
    var unknown = RememberedLimit(limit, at: now)
    return unknown.room(hosts: hosts, slots: slots, at: now)
  }

  private func retry(_ limit: EffectiveLimit, missing: Int64, at now: Int64) -> Retry {
    let time = limits[limit.id]?.freed(missing, at: now) ?? now
    return .notBefore(ServerTime(microseconds: max(time, now + Self.pause)))
  }

  /// As far as this process knows.
  private func used(_ limit: EffectiveLimit, slots: Int64) -> Int64 {
    guard let known = limits[limit.id] else { return 0 }
    switch limit.allowance {
    case .window: return known.own + known.others
    case .concurrency: return slots + known.others
    case .budget: return known.used + known.granted
    }
  }

  /// What Redis has to be told: of windows what was admitted here, of budgets what was used as far as is known.
  ///
  /// - Parameter hasLostState: all of it; otherwise what the local share has admitted.
  package mutating func announcement(hasLostState: Bool, at time: ServerTime) -> Announcement {
    var announcement = Announcement()
    for id in limits.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
      limits[id]?.prune(at: time.microseconds)
      if hasLostState { limits[id]?.lostState(at: time.microseconds) }
      guard let known = limits[id] else { continue }
      let key = known.limit.keyName
      switch known.limit.allowance {
      case .window(_, let length):
        let entries = known.entries.filter { hasLostState || $0.isLocal }
        if entries.isEmpty { continue }
        announcement.windows.append(
          Announcement.Window(
            name: key, length: length, entries: entries.map { .init(stamp: $0.stamp, amount: $0.amount) }))
      case .budget(_, let period, let keep):
        let used = known.used + known.granted
        guard hasLostState, used > 0 else { continue }
        announcement.budgets.append(
          Announcement.Budget(name: key, end: period.end?.microseconds ?? 0, keep: keep, used: used))
      case .concurrency: continue
      }
    }
    return announcement
  }

  /// Redis was told.
  package mutating func announced(at time: ServerTime) {
    for key in Array(limits.keys) { limits[key]?.announced(at: time.microseconds) }
    kept = 0
  }

  /// What says nothing any more goes first, then what was heard of longest ago.
  private mutating func forget(at now: Int64) {
    forgetSilent(at: now)
    guard limits.count > Self.capacity / 2 else { return }
    let times = limits.values.map(\.heardAt).sorted(by: >)
    let oldest = times[Self.capacity / 2]
    limits = limits.filter { $0.value.heardAt >= oldest || $0.value.hasLocal }
  }

  private mutating func forgetSilent(at now: Int64) {
    for key in Array(limits.keys) { limits[key]?.prune(at: now) }
    limits = limits.filter { !$0.value.isSilent(at: now) }
  }
}
