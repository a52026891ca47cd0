import LimiterClient
import LimiterCore

/// What Redis itself was asked, in the words of limiterd.
extension Answer {
  /// As `PEEK` tells it.
  init(_ status: LimitStatus) {
    self = .fields([
      "limit": .text(status.limit.rawValue), "unit": .text(status.unit?.rawValue ?? "slots"),
      "used": .number(status.used), "held": .number(status.held), "allowed": .number(status.allowed),
      "remaining": .number(status.remaining), "period": status.period.map { Answer($0) } ?? .null,
    ])
  }

  private init(_ period: BudgetPeriod) {
    self = .list([.text(period.name), .number(period.start.microseconds), .microseconds(period.end)])
  }

  private static func microseconds(_ time: ServerTime?) -> Answer { time.map { .number($0.microseconds) } ?? .null }

  /// As `EXPLAIN` tells it; without `holders`, which are sessions of a limiterd.
  init(_ explanation: Explanation) {
    self = .fields([
      "would_wait": .number(explanation.wouldWait ? 1 : 0), "limits": .list(explanation.limits.map { Answer($0) }),
      "denial": explanation.denial.map { Answer($0) } ?? .null,
    ])
  }

  /// Nobody stands in a queue for what is only looked at.
  private init(_ denial: Denial) {
    self = .fields([
      "denied": .text(denial.reason.rawValue), "limit": .text(denial.limit.rawValue), "used": .number(denial.used),
      "allowed": .number(denial.allowed), "remaining": .number(denial.remaining),
      "retry_after_ms": denial.retryAfterMilliseconds.map { .number($0) } ?? .null,
      "exact": .number(denial.isExact ? 1 : 0), "queue_position": .number(0), "message": .text(denial.description),
      "decided_at_us": .number(denial.decidedAt.microseconds), "retry_at_us": .microseconds(denial.retryAt),
    ])
  }

  private init(_ limit: Explanation.Limit) {
    let call = Answer.fields([
      "needed": .number(limit.needed), "fits": .number(limit.fits ? 1 : 0),
      "waiting_ahead": .number(Int64(limit.waitingAhead)),
      "hosts": .list(limit.holders.map { .list([.text($0.session), .text($0.who), .number($0.slots)]) }),
      // Rounded up, as limiterd does: who sleeps as long does not come too early.
      "room_after_ms": limit.roomAfter.map { .number(($0.microsecondsRoundedUp + 999) / 1_000) } ?? .null,
    ])
    self = .list(Answer(limit.status).list + call.list)
  }
}
