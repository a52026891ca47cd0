import HeapModule

/// A call that has no answer yet, for people that look.
package struct WaitingCall: Sendable, Hashable {
  package var id: UInt64
  package var priority: Int
  /// The limit that holds it up; `nil`: Redis has not decided on it yet.
  package var limit: LimitID?
}

extension LaneMachine {
  /// The names in a session of the permits that the batch in flight may have been granted.
  package func permitsInFlight(of session: String) -> [String] {
    guard let batch = inFlight?.batch, batch.session == session else { return [] }
    return batch.requests.indices.map(batch.permitName(at:))
  }

  /// The calls without an answer, best rank first.
  package var waitingCalls: [WaitingCall] {
    waiters.values.sorted { $0.rank < $1.rank }.map {
      WaitingCall(id: $0.id, priority: $0.priority, limit: $0.waitsFor)
    }
  }

  /// When a newcomer would stand in the order of the queue: now, or where tenants share, when its tenant's turn starts.
  package func place(of share: WaiterShare?, priority: Int, at now: Int64) -> Int64 {
    guard let share else { return now }
    return shares.expectedStart(share, priority: priority, at: now) { waiters[$0] != nil }
  }

  /// The calls that wait for a limit and that a newcomer of this priority stays behind, who came now or has a ``place(of:priority:at:)``; those
  /// beyond the first `bound` are not looked at.
  package func waiting(on limit: LimitID, aheadOf priority: Int, at now: Int64, lookingAt bound: Int) -> CallsAhead {
    let newcomer = WaiterRank(priority: priority, at: now, arrival: .max)
    var ahead = CallsAhead()
    for rank in (parked[limit]?.queue.unordered ?? []).prefix(bound) where rank < newcomer {
      guard let waiter = waiters[rank.arrival], waiter.parkedOn == limit else { continue }
      ahead.add(waiter.amount(of: limit))
    }
    for id in inFlight?.waiters ?? [] {
      guard let waiter = waiters[id], waiter.isInFlight, waiter.waitsFor == limit, waiter.rank < newcomer else {
        continue
      }
      ahead.add(waiter.amount(of: limit))
    }
    return ahead
  }
}

extension Waiter {
  fileprivate func amount(of limit: LimitID) -> Int64 { needs.first { $0.limit.id == limit }?.amount ?? 0 }
}
