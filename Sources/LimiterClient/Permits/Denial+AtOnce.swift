package import LimiterCore

extension Denial {
  /// Why a request would be denied at once, however long it would wait; `nil`: it would be admitted, or could wait.
  ///
  /// As the script decides it: what is larger than a limit can never be admitted, and nobody waits for money. A window that is full beyond the end of
  /// the budget's period is waited for: then there is a new one.
  package static func atOnce(_ needs: [LimitNeed], _ usages: [LimitUsage], at now: ServerTime) -> Denial? {
    let met = zip(needs, usages).map { (limit: $0.limit, amount: $0.amount, used: LimitStatus($0, $1).used, usage: $1) }
    if let large = met.first(where: { $0.amount > $0.limit.amount }) {
      return Denial(.tooLarge, large.limit, used: large.used, .tooLarge, at: now)
    }
    var latest: (until: ServerTime, denial: Denial?)?
    for met in met where met.amount > met.limit.amount - met.used {
      switch (met.limit.allowance, met.usage) {
      case (.budget(_, let period, _), _):
        guard let end = period.end else { return Denial(.budget, met.limit, used: met.used, .never, at: now) }
        guard end > latest?.until ?? now else { continue }
        latest = (end, Denial(.budget, met.limit, used: met.used, .at(end), at: now))
      case (.window(_, let length), .window(_, _, let oldest?)):
        let room = ServerTime(microseconds: oldest.microseconds + length)
        if room > latest?.until ?? now { latest = (room, nil) }
      default: break
      }
    }
    return latest?.denial
  }

  private init(_ reason: Reason, _ limit: EffectiveLimit, used: Int64, _ retry: Retry, at now: ServerTime) {
    self.init(reason: reason, limit: limit.id, used: used, allowed: limit.amount, retry: retry, decidedAt: now)
  }
}
