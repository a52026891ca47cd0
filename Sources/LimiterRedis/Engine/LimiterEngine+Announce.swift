internal import LimiterCore
internal import NIOCore

/// Tells Redis what it does not know: what the local share has admitted, or everything when the state was lost.
extension LimiterEngine {
  /// Tells it, and begins to ask when that is done. Nothing is decided meanwhile.
  func tell(_ id: String, hasLostState: Bool) {
    guard !untold.isTelling else { return }
    untold.isTelling = true
    session.askedAt = session.askedAt ?? now
    gather(hasLostState: hasLostState)
    tellNext(id)
  }

  /// Redis gives no answer: it is told again, or, when that takes too long, nobody waits for it.
  private func tellingFailed(_ id: String, _ error: any Error) {
    session.lastError = error
    untold.failures += 1
    guard degraded == nil else { return stopTelling() }
    let pause = TimeAmount.milliseconds(10 << min(Int64(untold.failures) - 1, 6))
    eventLoop.assumeIsolated().scheduleTask(in: pause) { self.tellNext(id) }
  }

  private func tellNext(_ id: String) {
    guard case .open(id) = session.phase, !isStopped else { return }
    if untold.parts.isEmpty {
      // The local share may have gone on while Redis took its time.
      gather(hasLostState: false)
    }
    guard let next = untold.parts.first else {
      if untold.forgotten.isEmpty { return begin(id) }
      // What a lane has to tell follows, and then all begin.
      if degraded != nil { return stopTelling() }
      untold.isTelling = false
      return
    }
    let batch = AnnounceBatch(
      session: id, number: untold.number + 1, isLast: next.isLast, announcement: next.part)
    store.announce(batch, deadline: answerDeadline) { [self] result in
      guard case .open(id) = session.phase else { return }
      switch result {
      case .success(true):
        untold.failures = 0
        untold.parts.removeFirst()
        untold.number += 1
        tellNext(id)
      case .success(false):
        untold.isTelling = false
        lostSession(id)
      case .failure(let error):
        events.trouble(error)
        // What nobody can be told holds up nobody.
        if case .fatal = LaneFailure(error) { untold.parts.removeFirst() }
        tellingFailed(id, error)
      }
    }
    watchAnswers()
  }

  /// Nothing is decided from here on until that was told, or could not be.
  private func gather(hasLostState: Bool) {
    for lane in lanesInOrder {
      if let session = lane.machine.session { with(lane) { $0.closed(session: session) } }
    }
    if hasLostState { untold.parts = [] }
    let time = serverNow
    var all = share.announcement(hasLostState: hasLostState, at: time)
    share.announced(at: time)
    all.permits = untold.permits.all.values.sorted { $0.id < $1.id }
    untold.permits = LocalPermits()
    if hasLostState { all.permits += heldPermits(but: Set(all.permits.map(\.id))) }
    addBudgets(of: all.permits, to: &all)
    guard !all.isEmpty || hasLostState else { return }
    let parts = all.parts(of: UntoldState.partSize)
    untold.parts += parts.enumerated().map { ($1, hasLostState && $0 == parts.count - 1) }
  }

  private func heldPermits(but known: Set<String>) -> [Announcement.Permit] {
    holds.all.compactMap { held, until in
      let item = held.item
      guard !held.needs.isEmpty, !known.contains(item.id) else { return nil }
      return told(item, held.needs, until: until)
    }.sorted { $0.id < $1.id }
  }

  /// A permit as Redis is told of it.
  ///
  /// - Parameter end: of its hold, on the local monotonic clock.
  func told(_ item: SettleBatch.Item, _ needs: [LimitNeed], until end: Int64) -> Announcement.Permit {
    Announcement.Permit(
      id: item.id, grantedAt: item.grantedAt, holdUntil: session.clock.estimate(at: end), needs: needs)
  }

  /// Budgets of permits are to be there; what these hold is told with them, not as used. A permit whose settlement is under way may hold nothing
  /// any more, and be counted with what it has used: that is not taken away.
  func addBudgets(of permits: [Announcement.Permit], to all: inout Announcement) {
    var places: [String: Int] = [:]
    for (index, budget) in all.budgets.enumerated() { places[budget.name] = index }
    let doubtful = Set(settlements.inFlight.map(\.item.id))
    for (permit, need) in permits.flatMap({ permit in permit.needs.map { (permit, $0) } }) {
      guard case .budget(_, let period, let keep) = need.limit.allowance else { continue }
      let name = need.limit.keyName
      if let place = places[name] {
        if !doubtful.contains(permit.id) {
          all.budgets[place].used = max(all.budgets[place].used - need.amount, 0)
        }
      } else {
        places[name] = all.budgets.count
        all.budgets.append(
          Announcement.Budget(name: name, end: period.end?.microseconds ?? 0, keep: keep, used: 0))
      }
    }
  }

  /// Permits whose session is over are held in another one from now on.
  func movePermits(_ ids: some Collection<String>, to session: String) {
    if untold.moved.count + ids.count > UntoldState.mostMoved { untold.moved = [:] }
    for id in ids where PermitPlace(id: id)?.session != session {
      untold.moved[id] = PermitPlace(session: session, name: id)
    }
  }
}
