extension LaneMachine {
  /// What the script has done with the queue of all hosts: who is granted, or does not wait, has left it; of those that wait the
  /// best-ranked per limit stands in it. Who has gone meanwhile must leave it.
  mutating func noteQueue(_ flight: InFlight, _ decisions: [BatchDecision], at now: Int64) {
    // Redis knows nothing of it: who stands in the queue and waits no longer is to leave it.
    if flight.isLocal { return withdrawGone(of: flight) }
    // The usual case: nobody waits.
    if published.isEmpty, decisions.allSatisfy({ $0 == .granted }) { return }
    let before = published
    var seen: Set<LimitID> = []
    for (request, decision) in zip(flight.batch.requests, decisions) {
      let waits = Self.waits(until: request.waitsUntil, decision, of: flight.batch)
      for limit in request.needs.map({ flight.batch.limits[$0.limit] }) where !limit.isBudget {
        if !waits {
          if published[limit.id] == request.rank { published[limit.id] = nil }
        } else if seen.insert(limit.id).inserted, published[limit.id].map({ $0 >= request.rank }) ?? true {
          published[limit.id] = request.rank
        }
      }
    }
    withdrawGone(of: flight)
    takePlace(in: Set(before.filter { (published[$0.key] ?? .max) > $0.value }.keys), at: now)
  }

  /// This lane stands no longer in the queues of these limits, or not as well. Those that stood behind its best call there, and were told to wait
  /// for another limit, are unknown to the other hosts: of each queue the best one asks again now, and stands there itself.
  ///
  /// - Complexity: a look at the best call of each limit for which calls of the lane wait.
  mutating func takePlace(in limits: Set<LimitID>, at now: Int64) {
    guard !limits.isEmpty, !parked.isEmpty else { return }
    var next: [LimitID: (rank: WaiterRank, list: LimitID)] = [:]
    for list in Array(parked.keys) {
      guard let best = bestParked(on: list), let waiter = waiters[best.arrival] else { continue }
      for limit in waiter.needs.map(\.limit.id) where limits.contains(limit) && best < next[limit]?.rank ?? .last {
        next[limit] = (best, list)
      }
    }
    for (limit, next) in next where serverRank(of: next.rank) < published[limit] ?? .max {
      if let until = parked[next.list]?.until, until > now { parked[next.list]?.until = now }
    }
  }

  /// A waiter's rank on the server's clock.
  private func serverRank(of rank: WaiterRank) -> Int64 {
    waiters[rank.arrival]?.serverRank ?? clock.estimate(at: rank.due).microseconds
  }

  /// Nobody knows what the script has done with a batch: whoever may stand in the queue because of it is to leave it, before it is asked
  /// for again.
  mutating func doubtQueue(_ flight: InFlight) {
    withdrawn += flight.batch.withdrawn
    withdrawGone(of: flight)
    for request in flight.batch.requests where request.waitsUntil != nil {
      for limit in request.needs.map({ flight.batch.limits[$0.limit] }) where !limit.isBudget {
        guard published[limit.id] != request.rank else { continue }
        withdrawn.append(AcquireBatch.Withdrawal(limit: limit.id, rank: request.rank))
      }
    }
  }

  /// Who went away while its batch was in flight.
  mutating func withdrawGone(of flight: InFlight) {
    for (request, id) in zip(flight.batch.requests, flight.waiters) where waiters[id] == nil {
      withdraw(request.needs.map { flight.batch.limits[$0.limit].id }, rank: request.rank)
    }
  }

  /// A waiter went away without a permit.
  mutating func withdraw(_ waiter: Waiter) {
    // In flight, the answer says where it stands.
    if waiter.isInFlight { return }
    if let rank = waiter.serverRank { withdraw(waiter.needs.map(\.limit.id), rank: rank) }
  }

  mutating func withdraw(_ limits: some Sequence<LimitID>, rank: Int64) {
    for limit in limits where published[limit] == rank {
      published[limit] = nil
      withdrawn.append(AcquireBatch.Withdrawal(limit: limit, rank: rank))
    }
  }

  /// Whether a request that waits until then stands in queues after a decision; nobody waits for money.
  static func waits(until waitsUntil: ServerTime?, _ decision: BatchDecision, of batch: AcquireBatch) -> Bool {
    guard let waitsUntil, case .denied(let limit, let retry) = decision,
      !batch.limits[limit].isBudget
    else { return false }
    switch retry {
    case .never, .tooLarge: return false
    case .at(let time), .notBefore(let time), .behind(let time): return time <= waitsUntil
    }
  }
}
