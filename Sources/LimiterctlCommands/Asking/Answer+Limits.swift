import LimiterClient
import LimiterCore

/// What Redis itself was asked, in the words of limiterd.
extension Answer {
  /// As `LIMITS` tells it.
  init(_ status: LimitStatus) {
    self = .fields([
      "limit": .text(status.limit.rawValue), "unit": .text(status.unit?.rawValue ?? "slots"),
      "used": .number(status.used), "held": .number(status.held), "allowed": .number(status.allowed),
      "remaining": .number(status.remaining),
    ])
  }

  /// As `EXPLAIN` tells it; without `holders`, which are sessions of a limiterd.
  init(_ explanation: Explanation) {
    let denial = explanation.denial.map { denial in
      Answer.fields([
        "denied": .text(denial.reason.rawValue), "limit": .text(denial.limit.rawValue),
        "message": .text(denial.description),
      ])
    }
    self = .fields([
      "would_wait": .number(explanation.wouldWait ? 1 : 0), "limits": .list(explanation.limits.map { Answer($0) }),
      "denial": denial ?? .null,
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
