/// What the requests of a batch see and change, one after the other.
struct BatchTurn {
  let batch: AcquireBatch
  let backlog: [Bool]
  let now: Int64
  /// When to ask again while others have not told what they know; 0: all have.
  var askAgain: Int64 = 0
  var used: [Int64]
  var added: [Int64]
  /// The best-ranked waiter per limit, of all hosts and of this batch.
  var heads: [Int: QueuedCall] = [:]
  /// The best-ranked waiter per limit that stands in the queue.
  var published: [Int: QueuedCall] = [:]
  /// The rank under which this lane stands there.
  var standing: [Int: Int64] = [:]
  /// The waiting calls of other lanes, and those of this batch, per limit.
  var others: [Int: [QueuedAmount]] = [:]
  var own: [Int: [QueuedAmount]] = [:]
  /// The best waiting request of this batch per limit.
  var mine: [Int: QueuedCall] = [:]
  /// The limits for which a call of the lane waits no longer.
  var left: Set<LimitID> = []
  /// Where the next one's turn may have come, if there is room in the end.
  var awaited: Set<Int> = []
  /// Where a request of this batch waits no longer.
  var hasLeft: Set<Int> = []

  init(_ batch: AcquireBatch, used: [Int64], backlog: [Bool], now: Int64) {
    self.batch = batch
    self.used = used
    self.backlog = backlog
    self.now = now
    added = used.map { _ in 0 }
  }

  var member: String { "\(batch.session)/\(batch.lane)" }

  /// A granted call takes of what others may take before a waiter starts. Once a more urgent one has, of a limit that has no room for the waiter
  /// now, no other may any more.
  mutating func takeSlack(_ need: AcquireBatch.Need, rank: Int64) {
    for call in [heads[need.limit], mine[need.limit]] {
      guard let call, call.start > now, (call.member, call.rank) != (member, rank), isInTheWay(of: call, need.limit)
      else { continue }
      let isMoreUrgent = call.rank - rank > ReferenceStore.sameTime
      let isFull = used[need.limit] + call.amount > batch.limits[need.limit].amount
      call.slack = isMoreUrgent && isFull ? ReferenceStore.closed : max(call.slack - need.amount, 0)
      call.isChanged = true
      if heads[need.limit] === mine[need.limit] { break }
    }
  }

  /// What leaves its window before the waiter starts is not in its way.
  func isInTheWay(of call: QueuedCall, _ limit: Int) -> Bool {
    if case .window(_, let length) = batch.limits[limit].allowance { return now + length > call.start }
    return false
  }
}

extension ReferenceStore {
  /// Whether an amount makes a better-ranked waiter of its limit later.
  func delays(_ need: AcquireBatch.Need, rank: Int64, _ turn: inout BatchTurn) -> Bool {
    let index = need.limit
    guard let head = turn.heads[index], head.rank < rank else { return false }
    let limit = turn.batch.limits[index]
    if head.start > turn.now {
      // Slots come back, nobody knows when: one for it stays free, however often the others are taken and given back.
      if limit.isConcurrency { return turn.used[index] + need.amount + head.amount > limit.amount }
      return turn.isInTheWay(of: head, index) && need.amount > head.slack
    }
    let others =
      turn.others[index]
      ?? queue(
        of: turn.batch.limits[index].id, now: turn.now, but: turn.member, Set(turn.batch.requests.map(\.rank)))
    turn.others[index] = others
    let needed = (others + (turn.own[index] ?? [])).reduce(Int64(0)) { $1.rank < rank ? $0 + $1.amount : $0 }
    return turn.used[index] + need.amount + needed > limit.amount
  }

  /// Who went away leaves; then the best-ranked waiters of the batch's limits are looked at.
  mutating func enterQueue(_ turn: inout BatchTurn) {
    for withdrawal in turn.batch.withdrawn where waiters[withdrawal.limit]?[turn.member] == withdrawal.rank {
      leaveQueue(withdrawal.limit, turn.member)
      turn.left.insert(withdrawal.limit)
    }
    for (index, limit) in turn.batch.limits.enumerated() where !limit.isBudget {
      guard let best = bestWaiter(of: limit.id, now: turn.now) else { continue }
      turn.published[index] = best
      turn.heads[index] = best
      turn.standing[index] = rank(of: turn.member, in: limit.id, now: turn.now)
    }
  }

  /// A denied request does not wait as long as it would have to: it does not stand in the queue.
  mutating func giveUp(_ request: AcquireBatch.Request, _ turn: inout BatchTurn) {
    for need in request.needs {
      if turn.mine[need.limit]?.rank == request.rank { turn.mine[need.limit] = nil }
      if turn.standing[need.limit] == request.rank { leave(need.limit, &turn) }
    }
  }

  /// A request that stood in the queue waits no longer: it leaves, and the next one is the best.
  mutating func leave(_ index: Int, _ turn: inout BatchTurn) {
    let limit = turn.batch.limits[index].id
    leaveQueue(limit, turn.member)
    turn.awaited.insert(index)
    turn.hasLeft.insert(index)
    turn.standing[index] = nil
    guard turn.published[index]?.member == turn.member else { return }
    let isHead = turn.heads[index] === turn.published[index]
    turn.published[index] = bestWaiter(of: limit, now: turn.now)
    if isHead { turn.heads[index] = turn.published[index] }
  }

  /// Whether the best-ranked waiter of a full window cannot know when there will be room: it was behind one that has left.
  mutating func nextCannotKnow(_ index: Int, _ turn: BatchTurn) -> Bool {
    let limit = turn.batch.limits[index]
    guard case .window = limit.allowance, turn.hasLeft.contains(index),
      let next = bestWaiter(of: limit.id, now: turn.now)
    else { return false }
    return next.start <= turn.now && next.member != turn.member
  }

  /// A denied request that waits: when it can start, and what others may take until then.
  func wait(_ request: AcquireBatch.Request, until: Int64, _ turn: inout BatchTurn) {
    let limits = turn.batch.limits
    var start = turn.now
    var isKnown = true
    for need in request.needs {
      let limit = limits[need.limit]
      let missing = turn.used[need.limit] + need.amount - limit.amount
      if need.amount > limit.amount || (limit.isBudget && missing > 0) { return }
      var time: Int64 = 0
      if missing > 0, limit.isConcurrency {
        isKnown = false
      } else if missing > 0 {
        time = retry(need.limit, missing, turn).at
      } else if delays(need, rank: request.rank, &turn), let head = turn.heads[need.limit] {
        time = head.start
        if time <= turn.now { isKnown = false }
      }
      start = max(start, time)
    }
    if start > until { return }
    let asksAgain = start + Self.askAgain
    if !isKnown || start <= turn.now { start = 0 }
    for need in request.needs where !limits[need.limit].isBudget {
      let limit = limits[need.limit]
      let left = start > 0 ? freed(of: limit, by: start) : 0
      let isClosed = turn.published[need.limit].map {
        $0.member == turn.member && $0.rank == request.rank && $0.slack == Self.closed
      }
      let call = QueuedCall(
        member: turn.member, rank: request.rank, amount: need.amount, start: start,
        slack: isClosed ?? false
          ? Self.closed : max(limit.amount - turn.used[need.limit] + left - need.amount, 0),
        ends: start > 0 ? start + Self.startGrace : asksAgain)
      let amount = QueuedAmount(rank: request.rank, amount: need.amount)
      turn.own[need.limit, default: []].append(amount)
      if let first = turn.mine[need.limit] {
        if first.followers.count < Self.followers { first.followers.append(amount) }
      } else {
        turn.mine[need.limit] = call
      }
      if turn.heads[need.limit].map({ $0.rank >= request.rank }) ?? true { turn.heads[need.limit] = call }
    }
  }

  /// What of a window is used now and will have left by then or hardly later, as far as it is walked.
  private func freed(of limit: EffectiveLimit, by time: Int64) -> Int64 {
    guard case .window(_, let length) = limit.allowance, let log = windows[limit.id] else { return 0 }
    let cutoff = time - length + min(Self.spread, length / Self.spreadShare)
    return log.entries.prefix(bounds.retryWalk).reduce(0) { $1.stamp <= cutoff ? $0 + $1.amount : $0 }
  }
}
