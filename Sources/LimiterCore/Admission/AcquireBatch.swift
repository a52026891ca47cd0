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
  /// The last operation of the lane that Redis has surely remembered; 0: none. A Redis that does not know it has lost something.
  package var remembered: Int64
  /// The union of the requests' limits.
  package var limits: [EffectiveLimit]
  /// The requests, best rank first.
  package var requests: [Request]
  /// Calls that waited and went away.
  package var withdrawn: [Withdrawal]

  package init(
    session: String, lane: String, operation: Int64, isResent: Bool = false, notAfter: ServerTime,
    remembered: Int64 = 0,
    limits: [EffectiveLimit], requests: [Request], withdrawn: [Withdrawal] = []
  ) {
    self.session = session
    self.lane = lane
    self.operation = operation
    self.isResent = isResent
    self.notAfter = notAfter
    self.remembered = remembered
    self.limits = limits
    self.requests = requests
    self.withdrawn = withdrawn
  }

  /// One request of a batch.
  package struct Request: Sendable, Hashable {
    /// How long the permit may be held, in microseconds.
    package var hold: Int64
    /// Until when it waits if it is denied: then no worse-ranked request makes it later. `nil`: it is decided once.
    package var waitsUntil: ServerTime?
    /// Its place among all that wait, on all hosts: the lower, the better.
    package var rank: Int64
    /// Whether the permit is recorded, so that it can be settled. Only a request that needs nothing but windows may do
    /// without.
    package var isRecorded: Bool
    /// What it needs, each limit once.
    package var needs: [Need]

    package init(
      hold: Int64, waitsUntil: ServerTime? = nil, rank: Int64 = 0, isRecorded: Bool = true, needs: [Need]
    ) {
      self.hold = hold
      self.waitsUntil = waitsUntil
      self.rank = rank
      self.isRecorded = isRecorded
      self.needs = needs
    }
  }

  /// A call that no longer waits for a limit.
  package struct Withdrawal: Sendable, Hashable {
    package var limit: LimitID
    package var rank: Int64

    package init(limit: LimitID, rank: Int64) {
      self.limit = limit
      self.rank = rank
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

  /// Whether Redis remembers this operation once it has decided it so: another copy of it may arrive, or an older operation must not.
  package func isRemembered(_ decisions: [BatchDecision]) -> Bool {
    isResent || !withdrawn.isEmpty || decisions.contains(.granted)
  }

  /// The name of the permit of the request at a position, unique in the session.
  package func permitName(at position: Int) -> String {
    "\(lane).\(operation).\(position + 1)"
  }

  /// The operation that has granted a permit of this name in a lane; `nil`: it is none of the lane's.
  package static func operation(ofPermit name: String, in lane: String) -> Int64? {
    guard name.hasPrefix("\(lane).") else { return nil }
    let rest = name.dropFirst(lane.count + 1).split(separator: ".", omittingEmptySubsequences: false)
    return rest.count == 2 ? Int64(rest[0]) : nil
  }
}
