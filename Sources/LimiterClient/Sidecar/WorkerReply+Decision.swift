internal import Hiredis
internal import LimiterCore

extension WorkerReply {
  /// The answer to ACQUIRE ... DETAILS.
  enum Answer {
    /// The permit, and for how long it is valid from the answer on, in milliseconds.
    case granted(Permit, Int64)
    case denied(Denial)
    /// This limiterd is about to end.
    case draining
  }

  func answer(at now: ContinuousClock.Instant) throws -> Answer {
    switch try text(at: 0) {
    case "granted":
      let valid = try number("valid_for_ms")
      return .granted(try permit(validUntil: now + .milliseconds(valid)), valid)
    case "denied" where try text(at: 1) == "draining": return .draining
    case "denied": return .denied(try denial())
    default: throw Self.unreadable("an answer to ACQUIRE")
    }
  }

  /// The answer to ACQUIRE ... HOLD 0 DETAILS.
  func admission() throws -> Admission {
    switch try text(at: 0) {
    case "granted":
      return .admitted(at: ServerTime(microseconds: try number("granted_at_us")), isDegraded: isDegraded)
    case "denied" where try text(at: 1) == "draining": throw LimiterError.draining
    case "denied": return .denied(try denial())
    default: throw Self.unreadable("an answer to ACQUIRE")
    }
  }

  /// Only what is so says it.
  private var isDegraded: Bool { (try? number("degraded")) == 1 }

  private func permit(validUntil: ContinuousClock.Instant) throws -> Permit {
    let price = try value("price").array
    return Permit(
      id: try text(at: 1), model: try text("model"),
      grantedAt: ServerTime(microseconds: try number("granted_at_us")), validUntil: validUntil,
      reservations: try list("limits").map { try $0.reservation() }, isDegraded: isDegraded,
      inputPrice: price?.first?.int, outputPrice: price?.last?.int)
  }

  /// `[limit, unit, amount, allowed, kind, length or period, refunds, adds excess, remaining]`; an older limiterd does not tell the last one.
  private func reservation() throws -> Permit.Reservation {
    let kind: Permit.Reservation.Kind =
      switch try text(at: 4) {
      case "window": .window(length: try number(at: 5))
      case "budget": .budget(period: try text(at: 5))
      case "concurrency": .concurrency
      default: throw Self.unreadable("a kind of limit")
      }
    return Permit.Reservation(
      limit: LimitID(rawValue: try text(at: 0)), kind: kind,
      unit: try isNull(at: 1) ? nil : Unit(rawValue: try text(at: 1)), amount: try number(at: 2),
      refunds: try number(at: 6) != 0, addsExcess: try number(at: 7) != 0,
      remaining: try count < 9 || isNull(at: 8) ? nil : number(at: 8))
  }

  private func denial() throws -> Denial {
    guard let reason = Denial.Reason(rawValue: try text(at: 1)) else { throw Self.unreadable("a reason") }
    let retry: Retry
    switch (reason, try optionalNumber("retry_at_us").map { ServerTime(microseconds: $0) }) {
    case (.tooLarge, _): retry = .tooLarge
    case (.behind, let time?): retry = .behind(time)
    case (_, let time?): retry = try number("exact") != 0 ? .at(time) : .notBefore(time)
    case (_, nil): retry = .never
    }
    return Denial(
      reason: reason, limit: LimitID(rawValue: try text("limit")), used: try number("used"),
      allowed: try number("allowed"), retry: retry,
      decidedAt: ServerTime(microseconds: try number("decided_at_us")), isDegraded: isDegraded)
  }

  /// One limit of PEEK.
  func status() throws -> LimitStatus {
    var period: BudgetPeriod?
    let value = try value("period")
    if !value.isNull {
      let parts = try WorkerReply(value, "a budget's period")
      let end = try parts.isNull(at: 2) ? nil : ServerTime(microseconds: try parts.number(at: 2))
      period = BudgetPeriod(
        name: try parts.text(at: 0), start: ServerTime(microseconds: try parts.number(at: 1)), end: end)
    }
    return LimitStatus(
      limit: LimitID(rawValue: try text("limit")), allowed: try number("allowed"), used: try number("used"),
      held: try number("held"), period: period, unit: Unit(rawValue: try text("unit")))
  }

  /// The answer to EXPLAIN.
  func explanation() throws -> Explanation {
    let denial = try value("denial")
    return Explanation(
      limits: try list("limits").map { try $0.explainedLimit() },
      denial: denial.isNull ? nil : try WorkerReply(denial, what).denial())
  }

  private func explainedLimit() throws -> Explanation.Limit {
    Explanation.Limit(
      status: try status(), needed: try number("needed"), waitingAhead: Int(try number("waiting_ahead")),
      holders: try list("hosts").map {
        LimitCrowd.Holder(of: try $0.text(at: 0), who: try $0.text(at: 1), slots: try $0.number(at: 2))
      },
      roomAfter: try optionalNumber("room_after_ms").map { .milliseconds($0) })
  }
}
