import LimiterCore
import NIOCore

/// One limit as PEEK and EXPLAIN show it to a call.
struct LimitView {
  var need: LimitNeed
  var usage: LimitUsage
  var now: ServerTime
  var facts: ActivePolicy.RuleFacts?
  /// Calls that wait on it and would stay before this one: of this daemon, and of others where they were looked for.
  var ahead: CallsAhead
  /// Sessions of this daemon that hold slots of it.
  var holders: [(session: String, count: Int)]
  /// Processes of all hosts that hold slots of it, where they were looked for.
  var hosts: [LimitCrowd.Holder] = []

  private var allowed: Int64 { need.limit.amount }
  private var fits: Bool { need.amount <= allowed - usage.used }
  private var waitingAhead: Int { ahead.holdingUp(need.amount, used: usage.used, allowed: allowed) }
  /// Whether it is no reason to wait.
  var isAdmitted: Bool { fits && waitingAhead == 0 }

  /// When there may be room, in milliseconds, rounded up; `nil`: no time is known.
  private var roomAfterMilliseconds: Int64? {
    if fits { return 0 }
    guard need.amount <= allowed else { return nil }
    switch (need.limit.allowance, usage) {
    case (.window(_, let length), .window(_, _, let oldest?)):
      return milliseconds(until: oldest.microseconds + length)
    case (.budget(_, let period, _), _): return period.end.flatMap { milliseconds(until: $0.microseconds) }
    default: return nil
    }
  }

  private func milliseconds(until time: Int64) -> Int64 {
    (max(time - now.microseconds, 0) + 999) / 1_000
  }

  func write(to reply: inout ReplyBuffer, isFull: Bool) {
    reply.writeRESP(array: isFull ? 26 : 18)
    reply.writeRESP(bulk: "limit")
    reply.writeRESP(bulk: need.limit.id.rawValue)
    reply.writeRESP(bulk: "unit")
    reply.writeUnit(facts?.unit, of: need.limit)
    for (key, value) in [
      ("used", usage.used), ("allowed", allowed), ("remaining", max(allowed - usage.used, 0)), ("needed", need.amount),
    ] {
      reply.writeRESP(bulk: key)
      reply.writeRESP(value)
    }
    reply.writeRESP(bulk: "fits")
    reply.writeRESP(fits)
    writeBudget(to: &reply)
    guard isFull else { return }
    reply.writeRESP(bulk: "waiting_ahead")
    reply.writeRESP(Int64(waitingAhead))
    reply.writeRESP(bulk: "holders")
    reply.writeRESP(array: holders.count)
    for holder in holders {
      reply.writeRESP(array: 2)
      reply.writeRESP(bulk: holder.session)
      reply.writeRESP(Int64(holder.count))
    }
    reply.writeRESP(bulk: "hosts")
    reply.writeRESP(array: hosts.count)
    for host in hosts {
      reply.writeRESP(array: 3)
      reply.writeRESP(bulk: host.session)
      reply.writeRESP(bulk: host.who)
      reply.writeRESP(host.slots)
    }
    reply.writeRESP(bulk: "room_after_ms")
    reply.writeRESP(roomAfterMilliseconds)
  }

  /// What live permits hold of a budget, and its period: name, start, and end or nil; 0 and nil for other limits.
  private func writeBudget(to reply: inout ReplyBuffer) {
    reply.writeRESP(bulk: "held")
    if case .budget(_, let held) = usage { reply.writeRESP(held) } else { reply.writeRESP(0) }
    reply.writeRESP(bulk: "period")
    guard case .budget(_, let period, _) = need.limit.allowance else { return reply.writeRESPNull() }
    reply.writeRESP(array: 3)
    reply.writeRESP(bulk: period.name)
    reply.writeRESP(period.start.microseconds)
    reply.writeRESP(period.end?.microseconds)
  }
}

extension LimitUsage {
  /// What counts against the limit.
  var used: Int64 {
    switch self {
    case .window(let used, _, _): used
    case .budget(let spent, let held): spent + held
    case .concurrency(let held, _): held
    }
  }
}
