package import Hiredis
package import LimiterCore

/// Permits to settle as `settle.lua` reads them, and its answer.
package enum SettleCodec {
  private static let otherState: Int64 = -1

  package static func call(_ batch: SettleBatch, keys domain: DomainKeys) -> ScriptCall {
    var keys = [domain.epoch]
    var positions: [String: Int] = [:]
    var writer = MessagePackWriter(capacity: 64 * batch.items.count + 64)
    writer.write(batch.windowLengths.count)
    for (window, length) in batch.windowLengths.sorted(by: { $0.key < $1.key }) {
      writer.write(window)
      writer.write(length)
    }
    writer.write(batch.items.count)
    for item in batch.items {
      let position = positions[item.session] ?? positions.count + 1
      if positions.updateValue(position, forKey: item.session) == nil {
        keys.append(domain.session(item.session))
      }
      writer.write(position)
      writer.write(item.permit)
      writer.write(item.grantedAt.microseconds)
      switch item.ending {
      case .abandoned:
        writer.write(true)
        writer.write(0)
      case .settled(let amounts):
        writer.write(false)
        writer.write(amounts.count)
        for amount in amounts { writer.write(amount ?? -1) }
      }
    }
    return ScriptCall(keys: keys, arguments: [CommandArgument(writer.finish()), CommandArgument(batch.epoch ?? "")])
  }

  /// The server's time, and what became of each; `nil`: the state is another one than the batch means, and nothing was done.
  package static func answer(
    _ reply: Reply, to batch: SettleBatch
  ) throws(LimiterRedisError) -> (now: ServerTime, outcomes: [SettleOutcome]?) {
    guard case .bulk(let bytes) = reply else { throw .malformedAnswer("expected a bulk string") }
    var reader = try MessagePackReader(bytes)
    let now = ServerTime(microseconds: try reader.next())
    var outcomes: [SettleOutcome] = []
    outcomes.reserveCapacity(batch.items.count)
    for _ in batch.items {
      let status = try reader.next()
      if status == Self.otherState { return (now, nil) }
      guard let outcome = SettleOutcome(rawValue: status) else { throw .unexpectedStatus(status) }
      outcomes.append(outcome)
    }
    return (now, outcomes)
  }
}
