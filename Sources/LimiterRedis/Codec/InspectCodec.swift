package import Hiredis
package import LimiterCore

/// What `inspect.lua` is asked, and its answer.
package enum InspectCodec {
  package struct Answer: Sendable, Hashable {
    package var now: ServerTime
    package var usages: [LimitUsage]
  }

  package static func call(_ limits: [EffectiveLimit], keys domain: DomainKeys) -> ScriptCall {
    var keys = [domain.epoch, domain.sessions, domain.session("none")]
    var writer = MessagePackWriter()
    writer.write(limits.count)
    for limit in limits {
      domain.append(limit, to: &keys)
      let (kind, length): (Int64, Int64) =
        switch limit.allowance {
        case .window(_, let length): (1, length)
        case .budget: (2, 0)
        case .concurrency: (3, 0)
        }
      writer.write(kind)
      writer.write(length)
    }
    return ScriptCall(keys: keys, arguments: [CommandArgument(writer.finish())])
  }

  package static func answer(_ reply: Reply, for limits: [EffectiveLimit]) throws(LimiterRedisError) -> Answer {
    guard case .bulk(let bytes) = reply else { throw .malformedAnswer("expected a bulk string") }
    var reader = try MessagePackReader(bytes)
    let now = ServerTime(microseconds: try reader.next())
    // How many sessions are alive; nobody asks.
    _ = try reader.next() as Int64
    var usages: [LimitUsage] = []
    for limit in limits {
      let (first, second, third) = (try reader.next(), try reader.next(), try reader.next())
      switch limit.allowance {
      case .window:
        usages.append(
          .window(
            used: first, entries: second, oldest: third == 0 ? nil : ServerTime(microseconds: third)))
      case .budget: usages.append(.budget(spent: first, held: second))
      case .concurrency: usages.append(.concurrency(held: first, sessions: second))
      }
    }
    return Answer(now: now, usages: usages)
  }
}
