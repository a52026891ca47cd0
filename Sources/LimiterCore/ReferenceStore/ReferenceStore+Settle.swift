extension ReferenceStore {
  /// What the permits of one batch change together: a sum that an operator has lowered is kept from becoming negative once per
  /// batch, not once per permit.
  private struct SettleChanges {
    var excess: [LimitID: (amount: Int64, length: Int64)] = [:]
    var charges: [String: (held: Int64, spent: Int64)] = [:]
    /// What this batch has settled: named again, it is gone, also where a former life of its session has left a permit of that name.
    var settled: Set<String> = []
    /// Of what something came back.
    var freed: Set<LimitID> = []
  }

  /// Whether a batch means this state; nothing is done for one that means another.
  package func isMeant(by batch: SettleBatch) -> Bool { batch.epoch == nil || batch.epoch == epoch }

  /// Settles permits, as `settle.lua` does.
  package mutating func settle(_ batch: SettleBatch, at time: ServerTime) -> [SettleOutcome] {
    let now = stamp(time)
    var changes = SettleChanges()
    let outcomes = batch.items.map { settle($0, &changes) }
    for (budget, charge) in changes.charges { self.charge(budget, held: charge.held, spent: charge.spent) }
    for (id, more) in changes.excess {
      let stamp = windows[id, default: WindowLog()].stamp(at: now, length: more.length, bounds: bounds)
      let room = max(LimiterBounds.amount - (windows[id]?.sum ?? 0), 0)
      windows[id, default: WindowLog()].add(min(more.amount, room), at: stamp)
    }
    if !changes.excess.isEmpty { last = now }
    wake(changes.freed, now: now)
    return outcomes
  }

  private mutating func settle(_ item: SettleBatch.Item, _ changes: inout SettleChanges) -> SettleOutcome {
    let listed = "\(item.session)/permit:\(item.permit)"
    if changes.settled.contains(listed) { return .gone }
    let live = sessions[item.session]?.permits[item.permit]
    let isLate = live == nil
    guard let record = live ?? unsettled[listed] else { return .gone }
    guard case .settled(let amounts) = item.ending else {
      if isLate { return .gone }
      sessions[item.session]?.permits[item.permit] = nil
      for part in record.parts where part.limit.isBudget {
        changes.charges[part.limit.keyName, default: (0, 0)].held += part.amount
        changes.charges[part.limit.keyName, default: (0, 0)].spent += part.amount
      }
      list(record, of: item.session, as: listed)
      changes.freed.formUnion(record.parts.map(\.limit).filter(\.isConcurrency).map(\.id))
      return .settled
    }
    guard amounts.count == record.parts.count else { return .refused }
    changes.settled.insert(listed)
    for (part, amount) in zip(record.parts, amounts) {
      let charged = amount ?? part.amount
      switch part.limit.allowance {
      case .window(_, let length):
        if charged < part.amount {
          windows[part.limit.id]?.refund(part.amount - charged, at: part.stamp)
          changes.freed.insert(part.limit.id)
        } else if charged > part.amount {
          changes.excess[part.limit.id, default: (0, length)].amount += charged - part.amount
        }
      case .budget:
        changes.charges[part.limit.keyName, default: (0, 0)].held += isLate ? 0 : part.amount
        changes.charges[part.limit.keyName, default: (0, 0)].spent += isLate ? charged - part.amount : charged
      case .concurrency:
        if isLate { continue }
        release(part.amount, of: part.limit.id, from: item.session)
        changes.freed.insert(part.limit.id)
      }
    }
    if isLate {
      unsettled[listed] = nil
      return .settledLate
    }
    sessions[item.session]?.permits[item.permit] = nil
    return .settled
  }

  /// Ends a permit whose outcome is unknown: slots are free, budgets are charged as reserved.
  mutating func abandon(_ record: Record, of session: String, listedAs listed: String) {
    for part in record.parts where part.limit.isBudget {
      charge(part.limit.keyName, held: part.amount, spent: part.amount)
    }
    list(record, of: session, as: listed)
  }

  private mutating func list(_ record: Record, of session: String, as listed: String) {
    for part in record.parts where part.limit.isConcurrency { release(part.amount, of: part.limit.id, from: session) }
    unsettled[listed] = record
  }
}
