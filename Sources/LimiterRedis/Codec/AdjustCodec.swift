package import Hiredis
package import LimiterCore

/// What `adjust.lua` is asked, and its answer.
package enum AdjustCodec {
  /// The call; `nil` for concurrency, which is not adjusted: slots follow their sessions.
  package static func call(
    _ limit: EffectiveLimit, by amount: Int64, operation: String, who: String, why: String, now: ServerTime,
    keys domain: DomainKeys
  ) -> ScriptCall? {
    let kind: Int64
    let third: Int64
    switch limit.allowance {
    case .concurrency: return nil
    case .window(_, let length): (kind, third) = (1, length)
    case .budget(_, let period, let keep):
      let left = max((period.end ?? now).microseconds - now.microseconds, 0)
      (kind, third) = (2, left / 1_000 + keep)
    }
    var keys = [domain.epoch]
    domain.append(limit, to: &keys)
    keys += [domain.adjustments, domain.adjusted(operation)]
    return ScriptCall(
      keys: keys,
      arguments: [
        CommandArgument(kind), CommandArgument(amount), CommandArgument(third), CommandArgument(operation),
        CommandArgument(who), CommandArgument(why),
      ])
  }

  package static func answer(_ reply: Reply) throws(LimiterRedisError) -> Adjustment {
    guard let parts = reply.array, parts.count == 4, let applied = parts[0].int, let used = parts[1].int,
      let asked = parts[2].int, let isOfThisLimit = parts[3].int
    else { throw .malformedAnswer("expected four numbers") }
    return Adjustment(applied: applied, used: used, asked: asked, isOfThisLimit: isOfThisLimit == 1)
  }
}
