/// What the owner of a lane has to do.
package enum LaneAction: Sendable {
  /// Send this batch and report what came of it.
  case send(AcquireBatch)
  /// Tell this waiter.
  case resolve(UInt64, WaiterOutcome)
  /// Nobody wants this permit any more: cancel it.
  case giveBack(WaiterGrant)
  /// A copy of this batch, sent at or after an instant, may have run or may run still, and nobody will take its permits: whatever
  /// it grants is to be given back.
  case revoke(AcquireBatch, sentAt: Int64)
  /// Redis knows the session, and of this lane no operation after one, though it has decided some: what those through the last have
  /// granted is to be told again.
  case forgotten(session: String, after: Int64, through: Int64)
  /// The session is over: open a new one.
  case sessionLost(String)
}

/// What is known of a batch that got no answer.
package enum LaneFailure: Sendable {
  /// It did not run: send it again.
  case notRun(any Error)
  /// It may have run, or may run still: ask again with the same operation.
  case unknown(any Error)
  /// It did not run, and will not until somebody acts.
  case fatal(any Error)
  /// It was answered, and the answer cannot be read.
  case unreadable(any Error)
}
