/// What became of a batch.
package enum AcquireAnswer: Sendable, Hashable {
  /// Decided at `now`; the session is alive until `aliveUntil`; `used` is what is used of each of the batch's limits after it.
  case decided(now: ServerTime, aliveUntil: ServerTime, used: [Int64], decisions: [BatchDecision])
  /// It came after `not after`: nothing was done.
  case stale(now: ServerTime)
  /// A later operation of the lane was there before: nothing was done.
  case superseded(now: ServerTime)
  /// The session is unknown or its time is over: nothing was done.
  case noSession(now: ServerTime)
  /// The period of the budget at this position is not now: nothing was done.
  case otherPeriod(now: ServerTime, limit: Int)
  /// An operation of the lane that was remembered is not known, `last` is: this Redis has lost the last part of its state. Nothing was done.
  case forgotten(now: ServerTime, last: Int64)
}

/// What became of one request of a batch.
package enum BatchDecision: Sendable, Hashable {
  case granted
  /// Denied: the position of the limit that holds it up the longest.
  case denied(limit: Int, Retry)
}

/// When a denied request may be asked for again.
public enum Retry: Sendable, Hashable {
  /// At this instant there is room for it, if nobody else takes it.
  case at(ServerTime)
  /// Not before this instant.
  case notBefore(ServerTime)
  /// A better-ranked call waits for it, and would start later. Not before this instant, at which that one is expected to start; when
  /// it is not known, at any time.
  case behind(ServerTime)
  /// No time will help: the budget has no next period.
  case never
  /// The request is larger than the limit.
  case tooLarge
}
