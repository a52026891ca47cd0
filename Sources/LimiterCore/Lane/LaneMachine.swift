import HeapModule

/// The order in which the calls of one process reach Redis, for one model of one domain.
///
/// Group commit: at most one batch is in flight; what arrives meanwhile is the next. A waiter that is denied is parked
/// under the limit that holds it up, with all that come behind it on that limit, until the time that Redis gave; then
/// the best-ranked of them are asked for again. So a saturated limit costs one small batch per `retry at`, however many
/// wait, and a waiter that is blocked by its own tenant holds up nobody else.
///
/// ```
/// enqueue --> ready ----------------.
///                                    +--> in flight --> granted | denied
///             parked[limit] until t -'         |
///                   ^--------------------------' denied, and it waits
/// ```
///
/// Times are microseconds of the local monotonic clock, given with each event. The machine sends nothing itself: its
/// methods return what is to be done.
package struct LaneMachine: Sendable {
  struct Parked: Sendable {
    var until: Int64
    var queue: Heap<WaiterRank>
    var denial: WaiterDenial?
    /// Ranks in it whose waiters have gone; as far as they are counted.
    var gone = 0
    /// The smallest amount that waits here.
    var smallest: Int64 = .max
  }

  struct InFlight: Sendable {
    var batch: AcquireBatch
    var waiters: [UInt64]
    /// What each of them needs in it.
    var needs: [[LimitNeed]]
    /// When the first copy that may have run was sent.
    var sentAt: Int64
    /// When its first copy was sent.
    var askedAt: Int64
    /// When to send it again, after a failure.
    var resendAt: Int64?
    var failures: Int = 0
    /// The local share decides it.
    var isLocal = false
    /// What its calls need has changed since it was made.
    var isOutdated = false
    /// It was sent since Redis may be another one: its answer says whether that remembers.
    var asksMemory = false
    var lastError: (any Error)?
  }

  /// What the machine is told once.
  package struct Settings: Sendable {
    /// How long an answer of Redis may take, in microseconds.
    package var answerTime: Int64
    /// How often is asked for what has no known time, while nobody says that there is room, in microseconds.
    package var slotPoll: Int64
    /// How often is asked for again by who is behind a better-ranked call, in microseconds: that one may go away or start early, and only the next
    /// one is told.
    package var behindPoll: Int64
    /// Waiters at most.
    package var capacity: Int
    /// How many waiters of one limit are asked for again at a time.
    package var probe: Int

    package init(
      answerTime: Int64 = 2_000_000, slotPoll: Int64 = 250_000, behindPoll: Int64 = 3_000_000,
      capacity: Int = LimiterBounds.waiters, probe: Int = 32
    ) {
      self.answerTime = answerTime
      self.slotPoll = slotPoll
      self.behindPoll = behindPoll
      self.capacity = capacity
      self.probe = probe
    }
  }

  package let name: String
  let settings: Settings
  package internal(set) var session: String?
  var clock = ServerClock()
  var operation: Int64 = 0
  /// The session in which operations are numbered: none gets a number twice, also when others decide in between.
  private var numbered: String?
  var waiters: [UInt64: Waiter] = [:]
  var ready = Heap<WaiterRank>()
  var parked: [LimitID: Parked] = [:]
  var deadlines = Heap<WaiterDeadline>()
  var inFlight: InFlight?
  /// The limits that got something back while the batch was in flight.
  var releasedMeanwhile: Set<LimitID> = []
  /// When the last waiter of a class came.
  private var lastArrival: [Int: Int64] = [:]
  var shares = FairShares()
  /// The ranks under which this lane stands in the queue of all hosts, per limit.
  var published: [LimitID: Int64] = [:]
  /// The local share decides, because Redis gives no answer.
  var isDegraded = false
  /// This process has a share of the limits that it may decide on by itself.
  var hasShare = false
  /// Why Redis gives none.
  var degradedBy: (any Error)?
  /// Those that need what nobody decides on meanwhile.
  var suspended: [WaiterRank] = []
  /// The last operation of which an answer says that Redis remembers it, in this session.
  var remembered: Int64 = 0
  /// Redis may be another one than it was, and is to be asked whether it remembers that, though nobody waits.
  var isDoubtful = false
  /// Redis was told what it had forgotten: that is forgotten again if the next batch is, which is remembered whatever it decides.
  var marksMemory = false
  /// The last operation of what Redis was told then.
  var toldThrough: Int64 = 0
  /// Those that are to leave it.
  var withdrawn: [AcquireBatch.Withdrawal] = []

  /// A lane without a session: it collects waiters until ``opened(session:serverNow:at:)``.
  package init(name: String, settings: Settings = Settings()) {
    self.name = name
    self.settings = settings
  }

  /// Whether a batch is in flight: its grants may be nobody's, and must be given back.
  package var isAsking: Bool { inFlight != nil }

  /// Waiters that have no answer yet.
  package var count: Int { waiters.count }

  /// A session is open; what waited for it is sent.
  package mutating func opened(session: String, serverNow: ServerTime, at now: Int64) -> [LaneAction] {
    enter(session)
    clock.set(serverNow, at: now)
    endDegraded()
    // What was said of the limits was said before: who waits for them is asked for again.
    for limit in parked.keys { parked[limit]?.until = now }
    return pump(at: now)
  }

  mutating func enter(_ session: String) {
    if session != numbered {
      (numbered, operation, remembered, marksMemory) = (session, 0, 0, false)
      // In the same session it still stands where it stood.
      (published, withdrawn) = ([:], [])
    }
    self.session = session
  }

  /// The session was lost elsewhere: nothing is sent until the next one is open. A batch that is in flight may have been granted
  /// before, and its answer comes too late to be taken.
  package mutating func closed(session lost: String) -> [LaneAction] {
    guard session == lost else { return [] }
    session = nil
    endDegraded()
    let actions = inFlight.map { [LaneAction.revoke($0.batch, sentAt: $0.sentAt)] } ?? []
    requeueInFlight()
    return actions
  }

  /// A call arrives. False when the queue is full.
  package mutating func enqueue(_ waiter: Waiter, at now: Int64) -> [LaneAction]? {
    guard waiters.count < settings.capacity else { return nil }
    var waiter = waiter
    // No two of a class came at the same time: the queue of all hosts tells them apart by their ranks.
    waiter.needs = waiter.resolve(clock.estimate(at: now))
    if let share = waiter.share {
      waiter.arrivedAt = shares.start(
        share, priority: waiter.priority, cost: FairShares.cost(of: waiter.needs), id: waiter.id, at: now,
        isWaiting: { [waiters] in waiters[$0] != nil })
    } else {
      waiter.arrivedAt = max(now, (lastArrival[waiter.priority] ?? .min / 2) + 1)
      lastArrival[waiter.priority] = waiter.arrivedAt
    }
    waiters[waiter.id] = waiter
    deadlines.insert(WaiterDeadline(waiter))
    forgetOldDeadlines()
    if isDegraded, needsClosed(waiter) { return suspend(waiter) }
    ready.insert(waiter.rank)
    return pump(at: now)
  }

  /// Deadlines of waiters that have their answer stay in the heap until they are due, or until they are most of it.
  private mutating func forgetOldDeadlines() {
    guard deadlines.count > 2 * waiters.count + 1_024 else { return }
    deadlines = Heap(waiters.values.map(WaiterDeadline.init))
  }

  /// The caller went away. A permit that still comes for it is given back.
  package mutating func cancel(_ id: UInt64, at now: Int64) -> [LaneAction] {
    guard let waiter = waiters.removeValue(forKey: id) else { return [] }
    withdraw(waiter)
    // Those that stayed behind it need not wait for the time when there would have been room for it.
    if let limit = waiter.parkedOn, parked[limit]?.queue.min == waiter.rank { parked[limit]?.until = now }
    hasLeft(waiter)
    return pump(at: now)
  }

  /// This process has given back something of these limits: who waits for them is asked for again now.
  package mutating func released(_ limits: [LimitID], at now: Int64) -> [LaneAction] {
    // The batch in flight may have been decided before that.
    if inFlight != nil { releasedMeanwhile.formUnion(limits) }
    for limit in limits where parked[limit] != nil { parked[limit]?.until = now }
    return pump(at: now)
  }

  /// Redis may be another one than it was: whether it remembers what it has said is asked now, or with the next batch.
  package mutating func doubtMemory(at now: Int64) -> [LaneAction] {
    if remembered > 0 { isDoubtful = true }
    return pump(at: now)
  }

  /// Whether Redis was asked whether it remembers what it has said, and has not answered.
  package var isAskingMemory: Bool {
    isDoubtful && (remembered > 0 || marksMemory) && session != nil && !isDegraded
  }

  /// Whatever was said of limits may be outdated: all that wait are asked for again.
  package mutating func releasedAll(at now: Int64) -> [LaneAction] {
    released(Array(parked.keys) + (inFlight?.batch.limits.map(\.id) ?? []), at: now)
  }

  /// Time has passed.
  package mutating func tick(at now: Int64) -> [LaneAction] {
    var actions = expire(at: now)
    if let resendAt = inFlight?.resendAt, resendAt <= now { actions += resend(at: now) }
    return actions + pump(at: now)
  }

  /// When ``tick(at:)`` is due.
  package var nextTick: Int64? {
    var next = inFlight?.resendAt
    func consider(_ time: Int64?) {
      if let time, time < next ?? .max { next = time }
    }
    consider(deadlines.min?.at)
    // Without a session nothing is sent, so no time helps.
    if inFlight == nil, session != nil {
      for parked in parked.values where !parked.queue.isEmpty { consider(parked.until) }
    }
    return next
  }
}

/// When a waiter's time is over.
struct WaiterDeadline: Sendable, Comparable {
  var at: Int64
  var id: UInt64

  init(_ waiter: Waiter) {
    self.init(at: min(waiter.waitsUntil ?? waiter.failsAt, waiter.failsAt), id: waiter.id)
  }

  init(at: Int64, id: UInt64) {
    self.at = at
    self.id = id
  }

  static func < (left: WaiterDeadline, right: WaiterDeadline) -> Bool {
    (left.at, left.id) < (right.at, right.id)
  }
}
