extension ReferenceStore {
  /// When to ask again while others have not told what they know, in microseconds.
  static let recoveringPause: Int64 = 50_000

  /// A process tells what it has admitted by itself or held when the state was lost, as `announce.lua` does. False: its session is
  /// unknown or over.
  package mutating func announce(_ call: AnnounceBatch, at time: ServerTime) -> Bool {
    let now = stamp(time)
    guard epoch != nil, let session = sessions[call.session], session.aliveUntil > now else { return false }
    if session.announced >= call.number { return true }
    last = now
    for window in call.announcement.windows {
      for entry in window.entries { add(entry, to: window, now: now) }
    }
    for budget in call.announcement.budgets {
      let known = budgets[budget.name, default: Budget()]
      budgets[budget.name] = Budget(spent: max(known.spent, budget.used), held: known.held)
    }
    for permit in call.announcement.permits { add(permit, of: call.session) }
    sessions[call.session]?.announced = call.number
    if call.isLast, var recovering {
      recovering.told += 1
      self.recovering = recovering.told < recovering.expected ? recovering : nil
    }
    return true
  }

  /// An entry keeps its stamp, or gets the next free one.
  private mutating func add(_ entry: Announcement.Entry, to window: Announcement.Window, now: Int64) {
    var stamp = min(entry.stamp, now)
    stamp += 1 - stamp % 2
    guard stamp > now - window.length else { return }
    let id = LimitID(windowKey: window.name)
    while windows[id]?.entries.contains(where: { $0.stamp == stamp }) == true { stamp += 2 }
    last = max(last, stamp)
    windows[id, default: WindowLog()].add(entry.amount, at: stamp)
  }

  private mutating func add(_ permit: Announcement.Permit, of session: String) {
    let name = AnnounceBatch.name(of: permit.id, in: session)
    guard sessions[session]?.permits[name] == nil else { return }
    let parts = permit.needs.map {
      Part(limit: $0.limit, amount: $0.amount, stamp: permit.grantedAt.microseconds)
    }
    sessions[session]?.permits[name] = Record(grantedAt: permit.grantedAt.microseconds, parts: parts)
    if name == permit.id { adopted[permit.id] = session }
    for part in parts {
      switch part.limit.allowance {
      case .window: break
      case .budget: budgets[part.limit.keyName, default: Budget()].held += part.amount
      case .concurrency: slots[part.limit.id, default: [:]][session, default: 0] += part.amount
      }
    }
  }

  /// What others may have used counts as used, until they have told, or their time is over.
  func waitForOthers(_ turn: inout BatchTurn) {
    guard let recovering, turn.now < recovering.until else { return }
    turn.askAgain = turn.now + Self.recoveringPause
    for (index, limit) in turn.batch.limits.enumerated() where !limit.isBudget {
      turn.used[index] += limit.amount - limit.amount * recovering.told / recovering.expected
    }
  }
}
