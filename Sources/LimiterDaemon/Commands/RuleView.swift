import LimiterCore
import NIOCore

/// One rule of the policy as LIMITS shows it.
struct RuleView {
  var rule: LimitRule
  /// The limit, if the rule is counted once; `nil`: it is counted per something that only a call names.
  var limit: EffectiveLimit?
  var usage: LimitUsage?

  private var kind: (name: String, unit: String?, amount: Int64, length: Int64?, period: String?) {
    switch rule.kind {
    case .window(let unit, let amount, let length):
      ("window", unit.rawValue, amount, length.microsecondsRoundedUp / 1_000, nil)
    case .budget(let unit, let amount, let period): ("budget", unit.rawValue, amount, nil, period.shown)
    case .concurrency(let permits): ("concurrency", "slots", permits, nil, nil)
    }
  }

  func write(to reply: inout ReplyBuffer) {
    let kind = kind
    let allowed = limit?.amount ?? kind.amount
    reply.writeRESP(array: 18)
    reply.writeRESP(bulk: "limit")
    reply.writeRESP(bulk: rule.name)
    reply.writeRESP(bulk: "kind")
    reply.writeRESP(bulk: kind.name)
    reply.writeRESP(bulk: "unit")
    reply.writeRESP(optional: kind.unit)
    reply.writeRESP(bulk: "allowed")
    reply.writeRESP(allowed)
    reply.writeRESP(bulk: "used")
    reply.writeRESP(usage?.used)
    reply.writeRESP(bulk: "remaining")
    reply.writeRESP(usage.map { max(allowed - $0.used, 0) })
    reply.writeRESP(bulk: "window_ms")
    reply.writeRESP(kind.length)
    reply.writeRESP(bulk: "period")
    reply.writeRESP(optional: kind.period)
    reply.writeRESP(bulk: "per")
    reply.writeRESP(array: rule.scope.count)
    for scope in rule.scope { reply.writeRESP(bulk: scope.name) }
  }
}
