public import LimiterCore

/// Why a request would wait or be denied, or that it would be admitted.
public struct Explanation: Sendable, Hashable {
  /// One limit, as the request meets it.
  public struct Limit: Sendable, Hashable {
    /// What is used of it, and what it allows.
    public var status: LimitStatus
    /// What the request needs of it, in its unit.
    public var needed: Int64
    /// Calls of all hosts that wait on it and would come first, as far as is known; 0 where there is room for all of them and this one.
    public var waitingAhead: Int
    /// Who holds slots of it, on all hosts.
    public var holders: [LimitCrowd.Holder]
    /// After how long there may be room, at the earliest; `nil`: no time is known, as with slots, or none will help.
    public var roomAfter: Duration?

    /// Whether there is room for it.
    public var fits: Bool { needed <= status.allowed - status.used }
  }

  /// Every limit that the request meets, in the order of the policy.
  public var limits: [Limit]

  /// Why it would be denied at once, however long it would wait: a budget is spent or held, or it is larger than a limit; `nil`: it would be admitted, or
  /// could wait.
  public var denial: Denial?

  /// Whether the request would have to wait now.
  public var wouldWait: Bool { denial == nil && !isAdmitted }

  /// Whether the request would be admitted now.
  public var isAdmitted: Bool { limits.allSatisfy { $0.fits && $0.waitingAhead == 0 } }
}

extension Explanation.Limit {
  init(_ need: LimitNeed, _ usage: LimitUsage, ahead: CallsAhead, holders: [LimitCrowd.Holder], now: ServerTime) {
    status = LimitStatus(need, usage)
    self.holders = holders
    needed = need.amount
    waitingAhead = ahead.holdingUp(needed, used: status.used, allowed: status.allowed)
    guard need.amount > need.limit.amount - status.used else {
      roomAfter = .zero
      return
    }
    guard need.amount <= need.limit.amount else { return }
    switch (need.limit.allowance, usage) {
    case (.window(_, let length), .window(_, _, let oldest?)):
      roomAfter = .microseconds(max(oldest.microseconds + length - now.microseconds, 0))
    case (.budget(_, let period, _), _):
      roomAfter = period.end.map { .microseconds(max($0.microseconds - now.microseconds, 0)) }
    default: break
    }
  }
}
