/// Who waits for a limit and who holds its slots, on all hosts.
public struct LimitCrowd: Sendable, Hashable {
  /// The best waiting call of one process and model, and those behind it.
  public struct Waiter: Sendable, Hashable {
    /// The session of its process in Redis: a limiterd, or a process in direct mode.
    public var session: String
    /// Who that is, as its settings say.
    public var who: String
    /// The model.
    public var model: String
    /// Smaller is better: its arrival in microseconds and 30 s for each class of its priority; of class 1 far below all others.
    public var rank: Int64
    /// What it needs.
    public var amount: Int64
    /// When it can start, as far as is known.
    public var start: ServerTime?
    /// Calls of the same model and process that wait behind it, at most 31: rank and amount.
    public var followers: [Follower]
  }

  /// A call behind the best one of its process.
  public struct Follower: Sendable, Hashable {
    /// As ``Waiter/rank``.
    public var rank: Int64
    /// What it needs.
    public var amount: Int64
  }

  /// Who holds slots.
  public struct Holder: Sendable, Hashable {
    /// The session of its process in Redis.
    public var session: String
    /// Who that is.
    public var who: String
    /// How many.
    public var slots: Int64
  }

  /// The limit.
  public var limit: LimitID
  /// Best rank first, at most 256.
  public var waiters: [Waiter]
  /// At most 256.
  public var holders: [Holder]

  package init(limit: LimitID, waiters: [Waiter], holders: [Holder]) {
    self.limit = limit
    self.waiters = waiters
    self.holders = holders
  }

  /// Calls of other processes that stay before a newcomer of a priority.
  package func ahead(ofPriority priority: Int, at now: ServerTime, but own: String?) -> CallsAhead {
    let rank = WaiterRank(priority: priority, at: now.microseconds, arrival: .max).due
    var ahead = CallsAhead()
    for waiter in waiters where waiter.session != own {
      if waiter.rank < rank { ahead.add(waiter.amount) }
      for follower in waiter.followers where follower.rank < rank { ahead.add(follower.amount) }
    }
    return ahead
  }
}

extension Sequence<LimitCrowd> {
  /// The calls that wait, each once, for however many of the limits it waits.
  package var waitingCalls: Int {
    var calls: Set<RankedCall> = []
    for waiter in lazy.flatMap(\.waiters) {
      for rank in [waiter.rank] + waiter.followers.map(\.rank) {
        calls.insert(RankedCall(session: waiter.session, model: waiter.model, rank: rank))
      }
    }
    return calls.count
  }
}

/// What tells a waiting call from all others: no two of one process and model have the same rank.
private struct RankedCall: Hashable {
  var session: String
  var model: String
  var rank: Int64
}

extension LimitCrowd.Waiter {
  package init(
    session: String, who: String, model: String, rank: Int64, amount: Int64, start: ServerTime?,
    behind followers: [(rank: Int64, amount: Int64)]
  ) {
    self.session = session
    self.who = who
    self.model = model
    self.rank = rank
    self.amount = amount
    self.start = start
    self.followers = followers.map { LimitCrowd.Follower(rank: $0.rank, amount: $0.amount) }
  }
}

extension LimitCrowd.Holder {
  package init(of session: String, who: String, slots: Int64) {
    self.session = session
    self.who = who
    self.slots = slots
  }
}
