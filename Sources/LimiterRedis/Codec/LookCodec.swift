package import Hiredis
package import LimiterCore

/// What `look.lua` is asked, and its answer.
package enum LookCodec {
  /// - Parameter limits: windows and slots; nobody waits for budgets.
  package static func call(_ limits: [EffectiveLimit], keys domain: DomainKeys) -> ScriptCall {
    ScriptCall(keys: [domain.epoch], arguments: limits.map { CommandArgument($0.keyName) })
  }

  /// The same for limits by name: those that `waiters:` keys tell.
  package static func call(waitersOf limits: [LimitID], keys domain: DomainKeys) -> ScriptCall {
    ScriptCall(keys: [domain.epoch], arguments: limits.map { CommandArgument($0.slotsKey) })
  }

  package static func answer(
    _ reply: Reply, for limits: [LimitID]
  ) throws(LimiterRedisError) -> (now: ServerTime, crowds: [LimitCrowd]) {
    var reader = try FlatReader(reply)
    let now = ServerTime(microseconds: try reader.number())
    var crowds: [LimitCrowd] = []
    for limit in limits {
      var crowd = LimitCrowd(limit: limit, waiters: [], holders: [])
      for _ in 0..<(try reader.number()) { crowd.waiters.append(try waiter(&reader)) }
      for _ in 0..<(try reader.number()) {
        crowd.holders.append(
          LimitCrowd.Holder(of: try reader.text(), who: try reader.text(), slots: try reader.number()))
      }
      crowds.append(crowd)
    }
    return (now, crowds)
  }

  private static func waiter(_ reader: inout FlatReader) throws(LimiterRedisError) -> LimitCrowd.Waiter {
    let (session, who, lane) = (try reader.text(), try reader.text(), try reader.text())
    let (rank, amount) = (try reader.number(), try reader.number())
    let rest = try reader.text().split(separator: " ").compactMap { Int64($0) }
    guard let start = rest.first else { throw .malformedAnswer("expected a start") }
    let behind = stride(from: 1, to: rest.count - 1, by: 2).map { (rank: rest[$0], amount: rest[$0 + 1]) }
    return LimitCrowd.Waiter(
      session: session, who: who, model: LimitID.decode(lane), rank: rank, amount: amount,
      start: start == 0 ? nil : ServerTime(microseconds: start), behind: behind)
  }
}
