package import LimiterCore

extension Permit {
  /// The session that got it, and its name there.
  package var place: PermitPlace? { PermitPlace(id: id) }

  /// The permit's end as it is sent to Redis.
  package func item(ending: SettleBatch.Ending) -> SettleBatch.Item? {
    place.map { item(at: $0, ending: ending) }
  }

  /// Its end, where its record's place is known.
  package func item(at place: PermitPlace, ending: SettleBatch.Ending) -> SettleBatch.Item {
    SettleBatch.Item(session: place.session, permit: place.name, grantedAt: grantedAt, ending: ending, id: id)
  }

  /// Why it cannot be settled with this; `nil`: it can.
  package func problem(with usage: Usage) -> String? {
    if let (name, amount) = usage.amountOutOfBounds {
      return "\(name) are out of bounds: expected 0 to \(LimiterBounds.amount), got \(amount)"
    }
    guard usage.nanodollars == nil, let input = usage.inputTokens, let output = usage.outputTokens, let price,
      reservations.contains(where: { $0.unit == .nanodollars }),
      price.cost(inputTokens: input, outputTokens: output) == nil
    else { return nil }
    return
      "\(input) input and \(output) output tokens cost more than can be counted, \(LimiterBounds.amount) nanodollars"
  }

  /// - Throws: ``LimiterError`` with the code `invalidPermit`.
  func check(_ usage: Usage) throws {
    if let problem = problem(with: usage) { throw LimiterError(.invalidPermit, problem) }
  }

  /// What stays charged when this was used.
  package func charges(for usage: Usage) -> [Int64?] {
    reservations.map { reservation in
      guard let unit = reservation.unit, let used = usage.amount(of: unit, for: self) else { return nil }
      let rule = SettleRule(refunds: reservation.refunds, addsExcess: reservation.addsExcess)
      return rule.charge(reserved: reservation.amount, used: used)
    }
  }

  /// Lengths of the windows to which this ending adds more than was reserved.
  package func windowLengths(for ending: SettleBatch.Ending) -> [String: Int64] {
    guard case .settled(let amounts) = ending else { return [:] }
    return zip(reservations, amounts).reduce(into: [:]) { lengths, pair in
      let (reservation, used) = pair
      if case .window(let length) = reservation.kind, let used, used > reservation.amount {
        lengths[reservation.limit.windowKey] = length
      }
    }
  }

  /// The limits whose slots it holds.
  package var slots: [LimitID] {
    reservations.filter { $0.kind == .concurrency }.map(\.limit)
  }

  /// The limits that get something back when it ends so, and that somebody may wait for.
  package func freed(by ending: SettleBatch.Ending) -> [LimitID] {
    guard case .settled(let amounts) = ending else { return slots }
    return zip(reservations, amounts).compactMap { reservation, used in
      switch reservation.kind {
      case .concurrency: reservation.limit
      case .window: used.map { $0 < reservation.amount } == true ? reservation.limit : nil
      case .budget: nil
      }
    }
  }

  /// What it has reserved as limits' needs, whose amounts nobody knows here: as far as a record names them.
  package var needs: [LimitNeed] {
    reservations.map { reservation in
      let allowance: EffectiveLimit.Allowance =
        switch reservation.kind {
        case .window(let length): .window(amount: 0, length: length)
        case .budget(let period):
          .budget(
            nanodollars: 0, period: BudgetPeriod(name: period, start: ServerTime(microseconds: 0), end: nil),
            keep: PolicyResolver.keepLifetimeMilliseconds)
        case .concurrency: .concurrency(permits: 0)
        }
      return LimitNeed(
        limit: EffectiveLimit(id: reservation.limit, allowance: allowance), amount: reservation.amount,
        unit: reservation.unit)
    }
  }

  package init(
    _ grant: WaiterGrant, model: String, price: ModelPrice?,
    validUntil: ContinuousClock.Instant
  ) {
    id = SettleBatch.Item.id(session: grant.session, permit: grant.permit)
    self.model = model
    grantedAt = grant.grantedAt
    isDegraded = grant.isDegraded
    self.validUntil = validUntil
    inputPrice = price?.input
    outputPrice = price?.output
    reservations = grant.needs.enumerated().map { position, need in
      let kind: Reservation.Kind =
        switch need.limit.allowance {
        case .window(_, let length): .window(length: length)
        case .budget(_, let period, _): .budget(period: period.name)
        case .concurrency: .concurrency
        }
      return Reservation(
        limit: need.limit.id, kind: kind, unit: need.unit, amount: need.amount, refunds: need.settling.refunds,
        addsExcess: need.settling.addsExcess, remaining: grant.remaining(position),
        usedAfter: grant.usedAfter?[position])
    }
  }
}
