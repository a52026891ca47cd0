import LimiterCore

/// What becomes of it when Redis loses its state, and its processes tell what they know.
extension Account {
  /// All of it, at once.
  func loseAll() {
    sums = Sums()
    for (_, grant) in grants where grant.isKnown { (grant.forgotten, grant.isLive) = (.everything, false) }
  }

  /// A process has told a part of what it knows, and Redis has heard it.
  func announced(_ batch: AnnounceBatch, at time: ServerTime) {
    endSessions(at: time.microseconds)
    guard batch.number > sums.announced[batch.session] ?? 0 else { return }
    sums.announced[batch.session] = batch.number
    let now = max(time.microseconds + 1 - time.microseconds % 2, sums.last + 2)
    sums.last = now
    for window in batch.announcement.windows { enter(window, at: now) }
    recall(batch)
    for budget in batch.announcement.budgets {
      let (all, held) = (sums.budgets[budget.name] ?? 0, held(of: budget.name))
      sums.budgets[budget.name] = max(all - held, budget.used) + held
    }
    for permit in batch.announcement.permits { revive(permit, in: batch.session) }
    if batch.isLast { checkAllIsTold(batch, at: now) }
  }

  /// Of a budget, what permits hold that have not ended.
  private func held(of budget: String) -> Int64 {
    grants.values.filter(\.isLive).flatMap(\.parts).filter { $0.limit.keyName == budget }.reduce(0) { $0 + $1.reserved }
  }

  /// No two entries of two decisions have one time.
  private func enter(_ window: Announcement.Window, at now: Int64) {
    for entry in window.entries {
      var at = min(entry.stamp, now)
      at += 1 - at % 2
      guard at > now - window.length else { continue }
      while sums.windows[window.name]?.contains(where: { $0.at == at }) == true { at += 2 }
      sums.last = max(sums.last, at)
      sums.windows[window.name, default: []].append(Entry(at: at, amount: entry.amount, grant: nil))
    }
    sums.windows[window.name]?.sort { $0.at < $1.at }
  }

  /// What was only counted is known again when all is told that callers know to have been granted at its time.
  private func recall(_ batch: AnnounceBatch) {
    forgotten.removeAll { !(!$0.isKnown && $0.forgotten == .grant) }
    let mine = forgotten.filter { $0.session == batch.session && $0.isTold }
    for grant in mine where !grant.isRecorded {
      let isTold = grant.parts.allSatisfy { part in
        let key = part.limit.keyName
        let all = mine.filter { $0.at == grant.at }.flatMap(\.parts).filter { $0.limit.keyName == key }
        let told = batch.announcement.windows.filter { $0.name == key }.flatMap(\.entries).filter {
          $0.stamp == grant.at
        }
        return told.reduce(0) { $0 + $1.amount } >= all.reduce(0) { $0 + $1.reserved }
      }
      if isTold { grant.forgotten = .nothing }
    }
  }

  private func revive(_ permit: Announcement.Permit, in session: String) {
    guard let grant = grants[permit.id] else { return problem("\(permit.id) was told, and never granted") }
    if grant.isKnown {
      if grant.isLive, grant.session == session { return }
      // The answer was lost, and the session was over before it could be told again: it counts twice.
      if grant.isLive || grant.settled != nil { return problem("\(permit.id) was told to a Redis that knows it") }
    }
    (grant.forgotten, grant.isLive, grant.session, grant.settled) = (.nothing, true, session, nil)
    sums.grantsOf[session, default: []].append(grant.id)
    for part in grant.parts {
      let key = part.limit.keyName
      switch part.limit.allowance {
      case .window: break
      case .budget: sums.budgets[key, default: 0] += part.reserved
      case .concurrency: sums.slots[key, default: [:]][grant.id] = part.reserved
      }
    }
  }

  /// Whatever a process' callers know to have been granted, and to have used beyond that, is told by it: all of it in windows, at least
  /// so much in budgets.
  private func checkAllIsTold(_ batch: AnnounceBatch, at now: Int64) {
    let host = String(batch.session.prefix { $0 != "-" })
    var (windows, budgets): ([String: Int64], [String: Int64]) = ([:], [:])
    // What it grants by itself while it tells, it tells next.
    for grant in grants.values
    where grant.id.hasPrefix("\(host)-") && grant.isTold && (!grant.isLocal || grant.isChecked) {
      for (position, part) in grant.parts.enumerated() {
        let key = part.limit.keyName
        switch part.limit.allowance {
        case .window(_, let length):
          if grant.at > now - length { windows[key, default: 0] += part.reserved }
          if let settledAt = grant.toldSettledAt, settledAt > now - length {
            windows[key, default: 0] += max(grant.charge(of: position) - part.reserved, 0)
          }
        case .budget(_, let period, _):
          guard now < period.end?.microseconds ?? .max else { continue }
          let charge = grant.charge(of: position)
          budgets[key, default: 0] += grant.toldSettledAt == nil ? min(charge, part.reserved) : charge
        case .concurrency: break
        }
      }
    }
    for (key, used) in windows.sorted(by: { $0.key < $1.key }) {
      let told = batch.announcement.windows.filter { $0.name == key }.flatMap(\.entries).reduce(0) { $0 + $1.amount }
      if told < used {
        problem("\(host) has used \(used) of \(key) in its last window, and tells of \(told)")
      }
    }
    guard !hasFallenBack else { return }
    for (key, used) in budgets.sorted(by: { $0.key < $1.key }) where sums.budgets[key] ?? 0 < used {
      problem("\(host) has spent \(used) of \(key), and Redis knows of \(sums.budgets[key] ?? 0) when it has been told")
    }
  }
}
