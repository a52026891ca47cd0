import HeapModule

extension LaneMachine {
  /// Sends the next batch, if none is in flight.
  mutating func pump(at now: Int64) -> [LaneAction] {
    guard inFlight == nil, let session else { return [] }
    // The queue of all hosts is told when Redis is back.
    let leaving = isDegraded ? [] : withdrawn
    // What was said of a limit counted the one that leaves its queue: who stayed behind is asked for again in the same batch.
    let left = Set(leaving.map(\.limit))
    for limit in left where parked[limit]?.until ?? now > now { parked[limit]?.until = now }
    takePlace(in: left, at: now)
    var chosen = choose(at: now)
    let asks = isAskingMemory
    guard !chosen.isEmpty || !leaving.isEmpty || asks else { return [] }
    operation += 1
    for index in chosen.indices {
      if chosen[index].serverRank == nil {
        chosen[index].serverRank = clock.estimate(at: chosen[index].rank.due).microseconds
      }
      chosen[index].isInFlight = true
      waiters[chosen[index].id] = chosen[index]
    }
    var batch = makeBatch(of: chosen, leaving: leaving, session: session, at: now)
    // What was sent before is remembered.
    if asks, marksMemory { batch.isResent = true }
    if !isDegraded { withdrawn = [] }
    inFlight = InFlight(
      batch: batch, waiters: chosen.map(\.id), needs: chosen.map(\.needs), sentAt: now, askedAt: now,
      isLocal: isDegraded, asksMemory: asks)
    return [.send(batch)]
  }

  /// The best-ranked waiters whose limits are not known to be full.
  private mutating func choose(at now: Int64) -> [Waiter] {
    var chosen: [Waiter] = []
    var probes: [LimitID: Int] = [:]
    var limits = 0
    while chosen.count < LimiterBounds.batch, limits < LimiterBounds.limitsPerBatch {
      guard let (rank, source) = popBest(at: now, probes: probes) else { break }
      guard var waiter = waiters[rank.arrival] else { continue }
      waiter.parkedOn = nil
      if let until = waiter.waitsUntil, let full = blocking(waiter, at: now, probes: probes),
        waiter.serverRank != nil || !mayBeDeniedAtOnce(waiter, behind: full, until: until)
      {
        park(waiter, on: full)
        continue
      }
      if let source { probes[source, default: 0] += 1 }
      limits += waiter.needs.count
      chosen.append(waiter)
    }
    for limit in Array(parked.keys) where parked[limit]?.queue.isEmpty == true { parked[limit] = nil }
    return chosen
  }

  /// Takes the best-ranked waiter of those that are ready and those whose limit may have room again.
  private mutating func popBest(at now: Int64, probes: [LimitID: Int]) -> (WaiterRank, LimitID?)? {
    var best = ready.min
    var source: LimitID?
    for (limit, list) in parked where list.until <= now && probes[limit, default: 0] < settings.probe {
      if let rank = list.queue.min, rank < best ?? .last { (best, source) = (rank, limit) }
    }
    guard let best else { return nil }
    if let source {
      parked[source]?.queue.removeMin()
    } else {
      ready.removeMin()
    }
    return (best, source)
  }

  /// The limit on which a waiter must stay behind others, which have a better rank.
  private mutating func blocking(_ waiter: Waiter, at now: Int64, probes: [LimitID: Int]) -> LimitID? {
    if parked.isEmpty { return nil }
    for need in waiter.needs {
      let limit = need.limit.id
      guard let until = parked[limit]?.until, until > now || probes[limit, default: 0] >= settings.probe,
        let best = bestParked(on: limit), best < waiter.rank,
        // One that needs less than all that wait there may fit beside them.
        need.amount >= parked[limit]?.smallest ?? 0
      else { continue }
      return limit
    }
    return nil
  }

  /// The best-ranked waiter of those that are parked on a limit; on the way, those that went away are forgotten.
  mutating func bestParked(on limit: LimitID) -> WaiterRank? {
    while let best = parked[limit]?.queue.min {
      if waiters[best.arrival] != nil { return best }
      parked[limit]?.queue.removeMin()
    }
    return nil
  }

  mutating func park(_ waiter: Waiter, on limit: LimitID) {
    var waiter = waiter
    waiter.parkedOn = limit
    waiter.waitsFor = limit
    waiter.isInFlight = false
    waiters[waiter.id] = waiter
    parked[limit, default: Parked(until: .min, queue: Heap())].queue.insert(waiter.rank)
    let amount = waiter.needs.first { $0.limit.id == limit }?.amount ?? 0
    let smallest = parked[limit]?.smallest ?? amount
    parked[limit]?.smallest = min(smallest, amount)
  }

  /// Whether one that was never asked for is, though it must stay behind others: it may be told at once that waiting is of no use, because of
  /// its size, its money, or the time at which the others begin.
  private func mayBeDeniedAtOnce(_ waiter: Waiter, behind limit: LimitID, until waitsUntil: Int64) -> Bool {
    if let begins = parked[limit]?.until, begins > waitsUntil { return true }
    return waiter.needs.contains { $0.limit.isBudget || $0.amount > $0.limit.amount }
  }

  /// A waiter is no more. Its rank stays in the list where it was parked until it is the best, or until such ranks are most of it.
  mutating func hasLeft(_ waiter: Waiter) {
    guard let limit = waiter.parkedOn, var list = parked[limit] else { return }
    list.gone += 1
    guard list.gone > 1_024, 2 * list.gone > list.queue.count else {
      parked[limit]?.gone = list.gone
      return
    }
    let waiting = list.queue.unordered.compactMap { waiters[$0.arrival] }.filter { $0.parkedOn == limit }
    list.queue = Heap(waiting.map(\.rank))
    list.smallest = waiting.flatMap(\.needs).filter { $0.limit.id == limit }.map(\.amount).min() ?? .max
    list.gone = 0
    parked[limit] = list
  }

  private func makeBatch(
    of chosen: [Waiter], leaving: [AcquireBatch.Withdrawal], session: String, at now: Int64
  ) -> AcquireBatch {
    var limits = BatchLimits()
    let requests = chosen.map { waiter in
      AcquireBatch.Request(
        hold: waiter.hold, waitsUntil: waiter.waitsUntil.map { clock.estimate(at: $0) }, rank: waiter.serverRank ?? 0,
        isRecorded: waiter.isRecorded,
        needs: limits.positions(of: waiter.needs))
    }
    return AcquireBatch(
      session: session, lane: name, operation: operation, notAfter: notAfter(at: now), remembered: remembered,
      limits: limits.all, requests: requests, withdrawn: leaving)
  }

  func notAfter(at now: Int64) -> ServerTime {
    clock.estimate(at: now + settings.answerTime)
  }
}
