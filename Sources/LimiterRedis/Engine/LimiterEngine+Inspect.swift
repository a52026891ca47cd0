package import LimiterCore
internal import NIOCore

/// For those that look, and for another policy.
extension LimiterEngine {
  /// Whether the session is open: permits can be granted.
  package var isOpen: Bool {
    if case .open = session.phase { true } else { false }
  }

  /// The session's id, while there is one.
  package var sessionID: String? {
    if case .open(let id) = session.phase { id } else { nil }
  }

  /// Calls without an answer, over all lanes.
  package var waitingCount: Int { calls.count }

  /// Settlements that Redis has not confirmed.
  package var settlementCount: Int { settlements.count }

  /// Whether a batch is on its way: its grants may still come.
  package var isAsking: Bool { lanes.values.contains { $0.machine.isAsking } }

  /// Calls without an answer by lane, best rank first.
  package var waitingCalls: [(lane: String, calls: [WaitingCall])] {
    lanes.sorted { $0.key < $1.key }.map { ($0.key, $0.value.machine.waitingCalls) }
  }

  /// When a call that came now would stand in the order of all queues, from now on, in microseconds; negative: before calls that came earlier.
  package func place(inLane name: String, of share: WaiterShare?, priority: Int) -> Int64 {
    let now = now
    return lanes[name].map { $0.machine.place(of: share, priority: priority, at: now) - now } ?? 0
  }

  /// The calls of this process that wait on a limit and that a newcomer of this priority stays behind.
  ///
  /// - Parameter place: its ``place(inLane:of:priority:)``.
  package func waiting(
    on limit: LimitID, aheadOf priority: Int, from place: Int64 = 0, lookingAt bound: Int
  ) -> CallsAhead {
    let time = now + place
    return lanes.values.reduce(into: CallsAhead()) {
      $0.add($1.machine.waiting(on: limit, aheadOf: priority, at: time, lookingAt: bound))
    }
  }

  /// What calls need has changed: it is asked for anew, and waiting calls are asked for again now.
  package func refreshNeeds() {
    eventLoop.preconditionInEventLoop()
    for lane in lanesInOrder { with(lane) { $0.refreshed(at: now) } }
  }
}
