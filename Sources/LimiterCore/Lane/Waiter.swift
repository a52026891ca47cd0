/// A call that wants a permit, from the time it asks until it has its answer.
package struct Waiter: Sendable {
  /// Ascending in the order of arrival.
  package var id: UInt64
  /// 1 urgent ... 10 low.
  package var priority: Int
  /// How long the permit may be held, in microseconds.
  package var hold: Int64
  /// Until when it waits (microseconds of the local monotonic clock); `nil`: it is decided once.
  package var waitsUntil: Int64?
  /// When it fails if Redis has not answered by then.
  package var failsAt: Int64
  /// Whether its permit is recorded, so that it can be settled; only what needs nothing but windows may do without.
  package var isRecorded: Bool
  /// Who it belongs to, where those share fairly; `nil`: calls go by their arrival.
  package var share: WaiterShare?
  /// What it needs at an instant: budgets change their period.
  package var resolve: @Sendable (ServerTime) -> [LimitNeed]
  /// What it needs now.
  package internal(set) var needs: [LimitNeed] = []
  /// Its last denial, while it waits.
  package internal(set) var denial: WaiterDenial?
  var isInFlight = false
  /// It needs what nobody decides on while Redis gives no answer.
  var isSuspended = false
  var parkedOn: LimitID?
  /// Where it was parked last: while it is asked for again, it still waits for that.
  var waitsFor: LimitID?
  /// When it came, or by its share starts, in microseconds of the local monotonic clock.
  var arrivedAt: Int64 = 0
  /// Its rank on the server's clock, from the first time on that it was sent.
  var serverRank: Int64?

  package init(
    id: UInt64, priority: Int, hold: Int64, waitsUntil: Int64?, failsAt: Int64, isRecorded: Bool = true,
    share: WaiterShare? = nil, resolve: @escaping @Sendable (ServerTime) -> [LimitNeed]
  ) {
    self.id = id
    self.priority = priority
    self.hold = hold
    self.waitsUntil = waitsUntil
    self.failsAt = failsAt
    self.isRecorded = isRecorded
    self.share = share
    self.resolve = resolve
  }

  var rank: WaiterRank { WaiterRank(priority: priority, at: arrivedAt, arrival: id) }
}

/// An amount of a limit, and what is known of it when its permit is settled.
package struct LimitNeed: Sendable, Hashable {
  package var limit: EffectiveLimit
  package var amount: Int64
  /// What the limit counts; `nil` for concurrency, and where nobody knows it.
  package var unit: Unit?
  /// What becomes of it when its permit is settled.
  package var settling: SettleRule

  package init(limit: EffectiveLimit, amount: Int64, unit: Unit? = nil, settling: SettleRule = .reservation) {
    self.limit = limit
    self.amount = amount
    self.unit = unit
    self.settling = settling
  }
}

/// Why a waiter was denied, with the numbers.
package struct WaiterDenial: Sendable, Hashable {
  package var limit: EffectiveLimit
  package var used: Int64
  package var retry: Retry
  package var decidedAt: ServerTime
  /// The local share has decided, because Redis gave no answer.
  package var isDegraded = false
}

/// A permit as it was granted to a waiter.
package struct WaiterGrant: Sendable, Hashable {
  package var session: String
  package var permit: String
  package var grantedAt: ServerTime
  package var needs: [LimitNeed]
  /// What was used of each after its batch; `nil` where nobody knows it any more.
  package var usedAfter: GrantUsage?
  /// When the batch was sent first, on the local monotonic clock: the hold counts from here.
  package var sentAt: Int64
  /// Until when the session was surely alive at the grant, on the local monotonic clock.
  package var sessionUntil: Int64
  /// The local share has decided, because Redis gave no answer.
  package var isDegraded: Bool

  /// Where the permit's record is.
  package var place: PermitPlace { PermitPlace(session: session, name: permit) }

  /// What was left of a need's limit after the grant; `nil`: nobody knows, as this process decided by its own share.
  package func remaining(_ position: Int) -> Int64? {
    isDegraded ? nil : usedAfter?[position].map { max(needs[position].limit.amount - $0, 0) }
  }

  package init(
    session: String, permit: String, grantedAt: ServerTime, needs: [LimitNeed], sentAt: Int64, sessionUntil: Int64,
    isDegraded: Bool = false, usedAfter: GrantUsage? = nil
  ) {
    self.isDegraded = isDegraded
    self.session = session
    self.permit = permit
    self.grantedAt = grantedAt
    self.needs = needs
    self.sentAt = sentAt
    self.sessionUntil = sessionUntil
    self.usedAfter = usedAfter
  }
}

/// What was used of the limits of a batch after it, and which of them a request met: nothing is copied for it.
package struct GrantUsage: Sendable, Hashable {
  private let used: [Int64]
  private let needs: [AcquireBatch.Need]

  init(used: [Int64], needs: [AcquireBatch.Need]) {
    self.used = used
    self.needs = needs
  }

  /// Of the need of this position.
  package subscript(position: Int) -> Int64? {
    guard needs.indices.contains(position), used.indices.contains(needs[position].limit) else { return nil }
    return used[needs[position].limit]
  }
}

/// How a waiter's wait ended.
package enum WaiterOutcome: Sendable {
  case granted(WaiterGrant)
  case denied(WaiterDenial)
  case failed(any Error)
}
