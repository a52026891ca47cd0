extension LaneMachine {
  /// What the script has done with the queue of all hosts: who is granted, or does not wait, has left it; of those that wait the
  /// best-ranked per limit stands in it. Who has gone meanwhile must leave it.
  mutating func noteQueue(_ flight: InFlight, _ decisions: [BatchDecision], at now: Int64) {
    // Redis knows nothing of it: who stands in the queue and waits no longer is to leave it.
    if flight.isLocal { return withdrawGone(of: flight) }
    // The usual case: nobody waits.
    if published.isEmpty, decisions.allSatisfy({ $0 == .granted }) { return }
    let before = Set(published.keys)
    var seen: Set<LimitID> = []
    for (request, decision) in zip(flight.batch.requests, decisions) {
      let waits = Self.waits(request, decision, of: flight.batch)
      for limit in request.needs.map({ flight.batch.limits[$0.limit] }) where !limit.isBudget {
        if !waits {
          if published[limit.id] == request.rank { published[limit.id] = nil }
        } else if seen.insert(limit.id).inserted, published[limit.id].map({ $0 >= request.rank }) ?? true {
          published[limit.id] = request.rank
        }
      }
    }
    withdrawGone(of: flight)
    for limit in before where published[limit] == nil { takePlace(in: limit, at: now) }
  }

  /// This lane stands no longer in the queue of a limit. Those that stood behind its best call there are unknown to the other hosts: the
  /// best of them asks again now, and stands there itself.
  mutating func takePlace(in limit: LimitID, at now: Int64) {
    for list in Array(parked.keys) where parked[list]?.until ?? now > now {
      guard list != limit else {
        parked[list]?.until = now
        continue
      }
      if let best = bestParked(on: list), waiters[best.arrival]?.needs.contains(where: { $0.limit.id == limit }) == true
      {
        parked[list]?.until = now
      }
    }
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

  /// Whether a request stands in queues after a decision; nobody waits for money.
  private static func waits(
    _ request: AcquireBatch.Request, _ decision: BatchDecision, of batch: AcquireBatch
  ) -> Bool {
    guard let waitsUntil = request.waitsUntil, case .denied(let limit, let retry) = decision,
      !batch.limits[limit].isBudget
    else { return false }
    switch retry {
    case .never, .tooLarge: return false
    case .at(let time), .notBefore(let time), .behind(let time): return time <= waitsUntil
    }
  }
}
