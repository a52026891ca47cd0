// Judging what a group changed. Every `report.checked += 1` is one judgement that could have failed.
extension HistoryOracle {
  mutating func judge(_ changes: GroupChanges, _ group: Group, timeMicroseconds: Int64?, _ state: inout DomainState) {
    let isAnnouncement = changes.role == .announces
    if isAnnouncement { report.announcements += 1 }
    for (limit, window) in changes.windows.sorted(by: { $0.key < $1.key }) {
      judge(window, limit, changes, group, timeMicroseconds: timeMicroseconds, &state)
    }
    for limit in changes.sums.union(changes.windows.keys).sorted() {
      judgeSum(limit, changes, group, &state)
    }
    for key in changes.budgets.sorted(by: { ($0.limit, $0.period) < ($1.limit, $1.period) }) {
      judge(budget: key, raisedFrom: isAnnouncement ? nil : changes.heldBefore[key], group, state)
    }
    for limit in changes.slots.sorted() {
      judge(slots: limit, raisedFrom: isAnnouncement ? .max : changes.slotsBefore[limit] ?? 0, group, state)
    }
    if options.keepsPermits, changes.role == .unknown { judge(denied: changes, group, state) }
  }

  // MARK: I7

  /// A group that neither writes nor ends a permit may drop what is over, and take nothing.
  private mutating func judge(denied changes: GroupChanges, _ group: Group, _ state: DomainState) {
    report.checked += 1
    for (limit, window) in changes.windows {
      let taken = window.stamps.values.reduce(0) { sum, change in
        sum + change.added.reduce(0) { $0 + ($1.kind == .observation ? 0 : $1.amount) }
          - (change.added.isEmpty ? 0 : change.removed.reduce(0) { $0 + $1.amount })
      }
      if taken > 0 { report.add(.denied, group.place, "window \(limit): \(taken) taken without a permit") }
    }
    for (key, before) in changes.heldBefore where (state.held[key] ?? 0) > before {
      report.add(.denied, group.place, "budget \(key.limit): \((state.held[key] ?? 0) - before) held without a permit")
    }
    for (limit, before) in changes.slotsBefore where (state.slots[limit]?.total ?? 0) > before {
      report.add(
        .denied, group.place, "slots \(limit): \((state.slots[limit]?.total ?? 0) - before) taken without a permit")
    }
  }

  // MARK: I1

  private mutating func judge(
    _ window: GroupChanges.Window, _ limit: String, _ changes: GroupChanges, _ group: Group, timeMicroseconds: Int64?,
    _ state: inout DomainState
  ) {
    guard let rule = self.limit("window", limit, in: limits.windows) else { return }
    let now = state.nowMicroseconds ?? window.stamps.keys.max() ?? 0
    var log = state.windows.removeValue(forKey: limit) ?? WindowLog()
    defer { state.windows[limit] = log }
    log.advance(to: now - rule.lengthMicroseconds)
    let ghosts = timeMicroseconds == nil ? 0 : judgeGhosts(limit, rule, now: now, &state)
    var admitted: Int64 = 0
    for (stamp, change) in window.stamps.sorted(by: { $0.key < $1.key }) {
      judgeRemoval(change, at: stamp, limit, rule, now: now, isTimed: timeMicroseconds != nil, group, &state)
      admitted += judge(change, at: stamp, limit, rule, now: now, window, changes.role, group, log)
    }
    if admitted > 0 {
      report.checked += 1
      if timeMicroseconds == nil {
        report.add(
          .form, group.place, "window \(limit): an admission whose group does not tell its time (epoch.last_us)")
      }
      let live = log.liveSum + ghosts
      if live > rule.amount {
        report.add(
          .window, group.place,
          "window \(limit): \(live) of \(rule.amount) in the \(rule.lengthMicroseconds) us up to \(now), after an admission of \(admitted)"
        )
      }
    }
    report.checked += 1
    if log.total < 0 { report.add(.window, group.place, "window \(limit): the sum of its entries is \(log.total)") }
    judgeDeadline("window", changes.domain, limit, rule, log, group, state)
  }

  /// Something may leave a window when its time is over, or make room for less at the same stamp; never else.
  private mutating func judgeRemoval(
    _ change: GroupChanges.Stamp, at stamp: Int64, _ limit: String, _ rule: OracleLimits.Window, now: Int64,
    isTimed: Bool, _ group: Group, _ state: inout DomainState
  ) {
    guard change.added.isEmpty, let gone = change.removed.first else { return }
    report.checked += 1
    // Without a time of its own, the group happened somewhere between the last known time and the end of the annotated second.
    let latest = isTimed ? now : group.latestMicroseconds ?? .max
    if stamp > now - rule.lengthMicroseconds, stamp <= latest - rule.lengthMicroseconds {
      state.ghosts[limit, default: []] += change.removed.map { DomainState.Ghost(entry: $0, place: group.place) }
    } else if stamp > latest - rule.lengthMicroseconds {
      report.add(
        .window, group.place,
        "window \(limit): a live entry (\(gone.operation), amount \(gone.amount)) was removed \(stamp + rule.lengthMicroseconds - latest) us too early"
      )
    }
  }

  /// - Returns: what was removed and yet is still in the window now.
  private mutating func judgeGhosts(
    _ limit: String, _ rule: OracleLimits.Window, now: Int64, _ state: inout DomainState
  ) -> Int64 {
    guard var ghosts = state.ghosts.removeValue(forKey: limit) else { return 0 }
    ghosts.removeAll { $0.entry.stamp <= now - rule.lengthMicroseconds }
    for index in ghosts.indices where !ghosts[index].isReported {
      ghosts[index].isReported = true
      let entry = ghosts[index].entry
      report.add(
        .window, ghosts[index].place,
        "window \(limit): an entry (\(entry.operation), amount \(entry.amount)) was removed that is live for another \(entry.stamp + rule.lengthMicroseconds - now) us at \(now)"
      )
    }
    if !ghosts.isEmpty { state.ghosts[limit] = ghosts }
    return ghosts.reduce(0) { $0 + $1.entry.amount }
  }

  /// - Returns: how much the group admitted at this stamp.
  private mutating func judge(
    _ change: GroupChanges.Stamp, at stamp: Int64, _ limit: String, _ rule: OracleLimits.Window, now: Int64,
    _ window: GroupChanges.Window, _ role: GroupRole, _ group: Group, _ log: WindowLog
  ) -> Int64 {
    report.checked += 1
    let after = log.sum(at: stamp)
    if after < 0, !change.added.contains(where: { $0.kind == .adjustment }) {
      report.add(.window, group.place, "window \(limit): the amount at stamp \(stamp) is \(after)")
    }
    guard after > change.before else { return 0 }
    if stamp < now, role != .announces, !change.added.allSatisfy({ $0.kind == .observation }) {
      report.add(
        .window, group.place, "window \(limit): \(after - change.before) added at a stamp \(now - stamp) us in the past"
      )
    }
    if stamp > now + rule.lengthMicroseconds {
      report.add(
        .form, group.place, "window \(limit): the stamp \(stamp) is more than a window after the group's time \(now)")
    }
    for entry in change.added where entry.kind == .admission {
      guard let old = window.stampOfOperationBefore[entry.operation], old != stamp else { continue }
      report.add(
        .once, group.place, "window \(limit): operation \(entry.operation) was admitted at \(old) and again at \(stamp)"
      )
    }
    let isAdmission =
      switch role {
      case .grants: true
      case .corrects, .announces: false
      case .unknown: change.added.contains { $0.kind == .admission }
      }
    return isAdmission ? after - change.before : 0
  }

  private mutating func judgeSum(
    _ limit: String, _ changes: GroupChanges, _ group: Group, _ state: inout DomainState
  ) {
    guard let rule = OracleLimits.find(limit, in: limits.windows) else { return }
    let sum = state.sums[limit] ?? 0
    let log = state.windows[limit] ?? WindowLog()
    // The server removes an expired window and its total one after the other: only groups of the limiter must agree exactly.
    let now = changes.isExpiry ? group.latestMicroseconds ?? .max : state.nowMicroseconds ?? .min / 2
    let live = now == .max ? 0 : log.sum(after: now - rule.lengthMicroseconds)
    report.checked += 1
    if sum < 0 { report.add(.window, group.place, "window \(limit): the running total is \(sum)") }
    if sum < live {
      report.add(.window, group.place, "window \(limit): the running total \(sum) is below the live sum \(live)")
    } else if !changes.isExpiry, sum != log.total {
      report.add(
        .window, group.place, "window \(limit): the running total is \(sum), its entries sum up to \(log.total)")
    }
    judgeDeadline("running total of window", changes.domain, limit, suffix: ":sum", rule, log, group, state)
  }

  /// A key that dies while an entry is live would forget it.
  private mutating func judgeDeadline(
    _ what: String, _ domain: String, _ limit: String, suffix: String = "", _ rule: OracleLimits.Window,
    _ log: WindowLog, _ group: Group, _ state: DomainState
  ) {
    let key = Array("lim:{\(domain)}:window:\(limit)\(suffix)".utf8)
    guard let deadline = state.deadlines[key], let last = log.lastStamp, log.liveSum > 0 else { return }
    report.checked += 1
    if deadline < last + rule.lengthMicroseconds {
      report.add(
        .window, group.place,
        "\(what) \(limit): the key dies \(last + rule.lengthMicroseconds - deadline) us before its last entry")
    }
  }

  // MARK: I3

  private mutating func judge(
    budget key: DomainState.BudgetKey, raisedFrom before: Int64?, _ group: Group, _ state: DomainState
  ) {
    let spent = state.spent[key] ?? 0
    let held = state.held[key] ?? 0
    let name = "budget \(key.limit), period \(key.period)"
    report.checked += 1
    if spent < 0 { report.add(.budget, group.place, "\(name): spent is \(spent)") }
    if held < 0 { report.add(.budget, group.place, "\(name): held is \(held)") }
    guard let limit = limit("budget", key.limit, in: limits.budgets), let before, held > before else { return }
    report.checked += 1
    if spent + held > limit {
      report.add(
        .budget, group.place,
        "\(name): spent \(spent) and held \(held) pass \(limit), after an admission of \(held - before)")
    }
  }

  // MARK: I4

  private mutating func judge(slots limit: String, raisedFrom before: Int64, _ group: Group, _ state: DomainState) {
    let slots = state.slots[limit] ?? DomainState.Slots()
    let sum = slots.sessions.values.reduce(0, +)
    report.checked += 1
    if sum != slots.total {
      report.add(.slots, group.place, "slots \(limit): the total is \(slots.total), the sessions hold \(sum)")
    }
    if slots.total < 0 { report.add(.slots, group.place, "slots \(limit): the total is \(slots.total)") }
    for (session, count) in slots.sessions.sorted(by: { $0.key < $1.key }) where count < 0 {
      report.add(.slots, group.place, "slots \(limit): session \(session) holds \(count)")
    }
    guard let allowed = self.limit("slots", limit, in: limits.concurrency), slots.total > before else { return }
    report.checked += 1
    if slots.total > allowed {
      report.add(
        .slots, group.place,
        "slots \(limit): \(slots.total) of \(allowed) taken, after an admission of \(slots.total - before)")
    }
  }

  // MARK: The end

  mutating func judgeRest(at place: Place) {
    for (domain, state) in domains.sorted(by: { $0.key < $1.key }) {
      for (name, expected) in options.spent.sorted(by: { $0.key < $1.key }) {
        report.checked += 1
        let spent = state.spent.filter { $0.key.limit == name }.values.reduce(0, +)
        if spent != expected {
          report.add(.budget, place, "budget \(name) of \(domain): \(expected) was reported as used, spent is \(spent)")
        }
      }
      guard options.atRest else { continue }
      for (key, held) in state.held.sorted(by: { $0.key.limit < $1.key.limit }) {
        report.checked += 1
        if held != 0 { report.add(.budget, place, "budget \(key.limit), period \(key.period): \(held) held at rest") }
      }
      for (limit, slots) in state.slots.sorted(by: { $0.key < $1.key }) {
        report.checked += 1
        if slots.total != 0 { report.add(.slots, place, "slots \(limit): \(slots.total) taken at rest") }
      }
    }
  }
}
