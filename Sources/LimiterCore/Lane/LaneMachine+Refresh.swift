import HeapModule

extension LaneMachine {
  /// What calls need has changed, such as by another policy: all of them are made anew, and who waits is asked for again now.
  package mutating func refreshed(at now: Int64) -> [LaneAction] {
    let time = clock.estimate(at: now)
    for id in Array(waiters.keys) {
      guard var waiter = waiters[id] else { continue }
      let needs = waiter.resolve(time)
      if let rank = waiter.serverRank, !waiter.isInFlight {
        // It waits no longer for what it needs no longer, on any host.
        withdraw(Set(waiter.needs.map(\.limit.id)).subtracting(needs.map(\.limit.id)), rank: rank)
      }
      waiter.needs = needs
      waiters[id] = waiter
    }
    inFlight?.isOutdated = true
    resumeSuspended()
    return (isDegraded ? suspendClosed() : []) + releasedAll(at: now)
  }
}
