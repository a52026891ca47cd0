import HeapModule

/// While Redis gives no answer.
///
/// ```
/// Redis decides --degrade--> the local share decides --opened--> Redis decides
///                             a call that needs a closed limit fails at once, or waits for Redis as long as it would wait
/// ```
extension LaneMachine {
  /// Since when the batch in flight has no answer.
  package var askedAt: Int64? { inFlight?.askedAt }

  /// What was said to it instead, last.
  package var lastError: (any Error)? { inFlight?.lastError }

  /// Redis gives no answer: what can be decided without it is decided by the owner from now on, until ``opened(session:serverNow:at:)``.
  ///
  /// - Parameters:
  ///   - session: whose permits these are.
  ///   - serverNow: as well as it is known.
  ///   - hasShare: whether the owner can decide on limits whose mode is `local`; otherwise they are closed.
  ///   - cause: what the last attempt ended with.
  package mutating func degrade(
    as session: String, serverNow: ServerTime, hasShare: Bool, cause: (any Error)?, at now: Int64
  ) -> [LaneAction] {
    var actions: [LaneAction] = []
    degradedBy = inFlight?.lastError ?? cause
    if let flight = inFlight {
      // A copy of it may have run, or may run still.
      actions.append(.revoke(flight.batch, sentAt: flight.sentAt))
      doubtQueue(flight)
      requeueInFlight()
    }
    enter(session)
    clock.set(serverNow, at: now)
    (isDegraded, self.hasShare) = (true, hasShare)
    // What Redis has said of the limits is not what the local share says.
    for limit in parked.keys { parked[limit]?.until = now }
    return actions + suspendClosed() + pump(at: now)
  }

  /// Whether a call needs a limit on which nobody decides meanwhile.
  func needsClosed(_ waiter: Waiter) -> Bool {
    waiter.needs.contains { need in
      switch need.limit.onFailure {
      case .closed: true
      case .local: !hasShare
      case .open: false
      }
    }
  }

  mutating func endDegraded() {
    isDegraded = false
    degradedBy = nil
    resumeSuspended()
  }

  /// Those are ready again that need nothing any more on which nobody decides.
  mutating func resumeSuspended() {
    var closed: [WaiterRank] = []
    for rank in suspended {
      guard let waiter = waiters[rank.arrival] else { continue }
      if isDegraded, needsClosed(waiter) {
        closed.append(rank)
      } else {
        waiters[rank.arrival]?.isSuspended = false
        ready.insert(rank)
      }
    }
    suspended = closed
  }

  /// A call that needs what nobody decides on: it fails, or waits for Redis.
  mutating func suspend(_ waiter: Waiter) -> [LaneAction] {
    guard waiter.waitsUntil != nil else {
      waiters[waiter.id] = nil
      return [.resolve(waiter.id, .failed(LaneTimeout(cause: degradedBy)))]
    }
    waiters[waiter.id]?.isSuspended = true
    waiters[waiter.id]?.parkedOn = nil
    suspended.append(waiter.rank)
    // Ranks of waiters that have gone stay until they are most of it.
    if suspended.count > 2 * waiters.count + 1_024 { suspended = suspended.filter { waiters[$0.arrival] != nil } }
    return []
  }

  /// Takes those out of all queues that need what nobody decides on.
  mutating func suspendClosed() -> [LaneAction] {
    func isClosed(_ rank: WaiterRank) -> Bool { waiters[rank.arrival].map(needsClosed) ?? true }
    var closed = ready.unordered.filter(isClosed)
    let open = ready.unordered.filter { !isClosed($0) }
    if !closed.isEmpty { ready = Heap(open) }
    for limit in Array(parked.keys) {
      guard let queue = parked[limit]?.queue.unordered else { continue }
      closed += queue.filter(isClosed)
      let others = queue.filter { !isClosed($0) }
      parked[limit]?.queue = Heap(others)
    }
    return closed.sorted().flatMap { rank in waiters[rank.arrival].map { suspend($0) } ?? [] }
  }
}
