package import LimiterCore
internal import NIOCore

extension LimiterEngine {
  /// Whether a permit of this process is surely still its own: not settled, within its hold, and the session's lease has
  /// been renewed in time.
  ///
  /// - Parameter session: the one in which its record is.
  package func isHeld(_ id: String, session: String) -> Bool {
    guard holds.isHeld(id) else { return false }
    // Nobody but this process knows of it.
    if untold.permits[id] != nil { return true }
    guard case .open(untold.moved[id]?.session ?? session) = self.session.phase else { return false }
    return now < self.session.leaseUntil ?? 0
  }

  /// A permit was granted, or is renewed: it ends as abandoned at `end`, unless it is settled before.
  ///
  /// - Parameters:
  ///   - needs: what it has reserved; `nil`: as it was told before.
  ///   - isLocal: the local share has granted it.
  package func hold(
    _ item: SettleBatch.Item, freed: [LimitID], needs: [LimitNeed]? = nil, isLocal: Bool = false, until end: Int64
  ) {
    let needs = needs ?? holds[item.id]?.permit.needs ?? []
    holds.hold(HeldPermit(item: item, freed: freed, needs: needs), until: end)
    if isLocal || untold.permits[item.id] != nil {
      untold.permits.insert(told(item, needs, until: end))
    }
    scheduleHolds()
  }

  func endHold(_ id: String) {
    if holds.end(id) { events.holdEnded(id) }
  }

  /// The session is over: its permits are no longer this process' to end, but for those that nobody else knows of.
  func endHolds(but local: LocalPermits = LocalPermits()) {
    for id in Array(holds.ids) where local[id] == nil { endHold(id) }
  }

  private func scheduleHolds() {
    guard let next = holds.next, holdTimer.map({ next < $0.at }) ?? true else { return }
    holdTimer?.timer.cancel()
    let timer = eventLoop.assumeIsolated().scheduleTask(in: .microseconds(max(next - now, 0))) {
      self.holdTimer = nil
      for permit in self.holds.expire(at: self.now) {
        var item = permit.item
        item.ending = .abandoned
        self.events.holdExpired(item.id)
        self.end(item, freed: permit.freed, needs: permit.needs)
      }
      self.scheduleHolds()
    }
    holdTimer = (next, timer)
  }
}
