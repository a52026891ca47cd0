package import LimiterCore
internal import NIOCore

extension LimiterEngine {
  /// Whether a permit of this process is surely still its own: not settled, within its hold, and the session's lease has
  /// been renewed in time.
  ///
  /// - Parameter session: the one in which its record is.
  package func isHeld(_ id: String, session: String) -> Bool {
    guard case .open(session) = self.session.phase, now < self.session.leaseUntil ?? 0 else { return false }
    return holds.isHeld(id)
  }

  /// A permit was granted, or is renewed: it ends as abandoned at `end`, unless it is settled before.
  package func hold(_ item: SettleBatch.Item, freed: [LimitID], until end: Int64) {
    holds.hold(HeldPermit(item: item, freed: freed), until: end)
    scheduleHolds()
  }

  func endHold(_ id: String) {
    if holds.end(id) { events.holdEnded(id) }
  }

  /// The session is over: its permits are no longer this process' to end.
  func endHolds() {
    let ended = Array(holds.ids)
    holds.removeAll()
    holdTimer?.timer.cancel()
    holdTimer = nil
    for id in ended { events.holdEnded(id) }
  }

  private func scheduleHolds() {
    guard let next = holds.next, holdTimer.map({ next < $0.at }) ?? true else { return }
    holdTimer?.timer.cancel()
    let timer = eventLoop.assumeIsolated().scheduleTask(in: .microseconds(max(next - now, 0))) {
      self.holdTimer = nil
      for permit in self.holds.expire(at: self.now) {
        var item = permit.item
        item.ending = .abandoned
        self.events.holdEnded(item.id)
        self.end(item, freed: permit.freed)
      }
      self.scheduleHolds()
    }
    holdTimer = (next, timer)
  }
}
