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

  /// How many calls wait for a limit that a newcomer of this priority stays behind, who came now or has a ``place(of:priority:at:)``; those beyond
  /// the first `bound` are not looked at.
  package func waiting(on limit: LimitID, aheadOf priority: Int, at now: Int64, lookingAt bound: Int) -> Int {
    let newcomer = WaiterRank(priority: priority, at: now, arrival: .max)
    let stay = parked[limit]?.queue.unordered.prefix(bound).count {
      $0 < newcomer && waiters[$0.arrival]?.parkedOn == limit
    }
    let asked = inFlight?.waiters.count { id in
      waiters[id].map { $0.isInFlight && $0.waitsFor == limit && $0.rank < newcomer } ?? false
    }
    return (stay ?? 0) + (asked ?? 0)
  }
}
