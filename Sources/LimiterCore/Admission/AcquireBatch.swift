/// Requests of one lane that are decided in one step, in rank order.
package struct AcquireBatch: Sendable {
  /// Who asks, and will own the permits.
  package var session: String
  /// The lane: at most one batch of a lane is under way in a session.
  package var lane: String
  /// Ascending in the lane. The same number asks for the same answer again.
  package var operation: Int64
  /// Whether this operation was sent before.
  package var isResent: Bool
  /// When the decision must not be made any more, because nobody waits for it.
  package var notAfter: ServerTime
  /// The union of the requests' limits.
  package var limits: [EffectiveLimit]
  /// The requests, best rank first.
  package var requests: [Request]

  package init(
    session: String, lane: String, operation: Int64, isResent: Bool = false, notAfter: ServerTime,
    limits: [EffectiveLimit], requests: [Request]
  ) {
    self.session = session
    self.lane = lane
    self.operation = operation
    self.isResent = isResent
    self.notAfter = notAfter
    self.limits = limits
    self.requests = requests
  }

  /// One request of a batch.
  package struct Request: Sendable, Hashable {
    /// How long the permit may be held, in microseconds.
    package var hold: Int64
    /// Whether it waits if it is denied: then later requests of the batch do not overtake it.
    package var waits: Bool
    /// Whether the permit is recorded, so that it can be settled. Only a request that needs nothing but windows may do
    /// without.
    package var isRecorded: Bool
    /// What it needs, each limit once.
    package var needs: [Need]

    package init(hold: Int64, waits: Bool = false, isRecorded: Bool = true, needs: [Need]) {
      self.hold = hold
      self.waits = waits
      self.isRecorded = isRecorded
      self.needs = needs
    }
  }

  /// An amount of one of the batch's limits.
  package struct Need: Sendable, Hashable {
    /// Position in the batch's `limits`, from 0.
    package var limit: Int
    package var amount: Int64

    package init(limit: Int, amount: Int64) {
      self.limit = limit
      self.amount = amount
    }
  }

  /// The name of the permit of the request at a position, unique in the session.
  package func permitName(at position: Int) -> String {
    "\(lane).\(operation).\(position + 1)"
  }
}
