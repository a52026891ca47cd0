package import Hiredis
package import LimiterCore

/// A batch as `acquire.lua` reads it, and its answer as the library reads it.
package enum AcquireCodec {
  private enum Status {
    static let decided: Int64 = 1
    static let stale: Int64 = 2
    static let superseded: Int64 = 3
    static let noSession: Int64 = 4
    static let otherPeriod: Int64 = 5
    static let forgotten: Int64 = 6
  }

  private enum Reason {
    static let tooLarge: Int64 = 2
    static let behind: Int64 = 3
  }

  package static func call(_ batch: AcquireBatch, keys domain: DomainKeys) -> ScriptCall {
    var keys = [domain.epoch, domain.sessions, domain.session(batch.session)]
    keys.reserveCapacity(3 + 2 * batch.limits.count)
    var writer = MessagePackWriter(capacity: 64 * batch.limits.count + 192 * batch.requests.count)
    writer.write(batch.lane)
    writer.write(batch.operation)
    writer.write(batch.isResent)
    writer.write(batch.notAfter.microseconds)
    writer.write(batch.remembered)
    writer.write(batch.limits.count)
    var names: [[UInt8]] = []
    names.reserveCapacity(batch.limits.count)
    for limit in batch.limits {
      domain.append(limit, to: &keys)
      write(limit, to: &writer)
      names.append(Array(",\"\(limit.keyName)\",".utf8))
    }
    writer.write(batch.withdrawn.count)
    for withdrawal in batch.withdrawn {
      writer.write(withdrawal.limit.rawValue)
      writer.write(withdrawal.rank)
    }
    writer.write(batch.requests.count)
    var record: [UInt8] = []
    for request in batch.requests {
      writer.write(request.hold)
      record.removeAll(keepingCapacity: true)
      if request.isRecorded {
        for need in request.needs {
          record.append(contentsOf: names[need.limit])
          record.append(contentsOf: need.amount.description.utf8)
        }
        record.append(UInt8(ascii: "]"))
      }
      writer.write(text: record)
      writer.write(request.waitsUntil?.microseconds ?? 0)
      writer.write(request.rank)
      writer.write(request.needs.count)
      for need in request.needs {
        writer.write(need.limit + 1)
        writer.write(need.amount)
      }
    }
    return ScriptCall(keys: keys, arguments: [CommandArgument(batch.session), CommandArgument(writer.finish())])
  }

  private static func write(_ limit: EffectiveLimit, to writer: inout MessagePackWriter) {
    switch limit.allowance {
    case .window(let amount, let length):
      for value in [1, amount, length, 0, 0] { writer.write(value) }
    case .budget(let nanodollars, let period, let keep):
      for value in [2, nanodollars, period.start.microseconds, period.end?.microseconds ?? 0, keep] {
        writer.write(value)
      }
    case .concurrency(let permits):
      for value in [3, permits, 0, 0, 0] { writer.write(value) }
    }
  }

  package static func answer(_ reply: Reply, to batch: AcquireBatch) throws(LimiterRedisError) -> AcquireAnswer {
    guard case .bulk(let bytes) = reply else { throw .malformedAnswer("expected a bulk string") }
    var reader = try MessagePackReader(bytes)
    let status = try reader.next()
    let now = ServerTime(microseconds: try reader.next())
    switch status {
    case Status.stale: return .stale(now: now)
    case Status.superseded: return .superseded(now: now)
    case Status.noSession: return .noSession(now: now)
    case Status.otherPeriod: return .otherPeriod(now: now, limit: try position(&reader, of: batch))
    case Status.forgotten: return .forgotten(now: now, last: try reader.next())
    case Status.decided: break
    default: throw .unexpectedStatus(status)
    }
    let aliveUntil = ServerTime(microseconds: try reader.next())
    var used: [Int64] = []
    used.reserveCapacity(batch.limits.count)
    for _ in batch.limits { used.append(try reader.next()) }
    var decisions: [BatchDecision] = []
    decisions.reserveCapacity(batch.requests.count)
    if reader.remaining == 0 {
      return .decided(
        now: now, aliveUntil: aliveUntil, used: used, decisions: batch.requests.map { _ in .granted })
    }
    for _ in batch.requests { decisions.append(try decision(&reader, of: batch)) }
    guard reader.remaining == 0 else { throw .malformedAnswer("expected the end, \(reader.remaining) numbers follow") }
    return .decided(now: now, aliveUntil: aliveUntil, used: used, decisions: decisions)
  }

  private static func decision(
    _ reader: inout MessagePackReader, of batch: AcquireBatch
  ) throws(LimiterRedisError) -> BatchDecision {
    let limiting = try reader.next()
    if limiting == 0 { return .granted }
    guard batch.limits.indices.contains(Int(limiting) - 1) else {
      throw .malformedAnswer("expected the position of a limit, got \(limiting)")
    }
    let reason = try reader.next()
    let retryAt = try reader.next()
    let isExact = try reader.next() == 1
    let limit = Int(limiting) - 1
    if reason == Reason.tooLarge { return .denied(limit: limit, .tooLarge) }
    if retryAt == 0 { return .denied(limit: limit, .never) }
    let instant = ServerTime(microseconds: retryAt)
    if reason == Reason.behind { return .denied(limit: limit, .behind(instant)) }
    return .denied(limit: limit, isExact ? .at(instant) : .notBefore(instant))
  }

  private static func position(
    _ reader: inout MessagePackReader, of batch: AcquireBatch
  ) throws(LimiterRedisError) -> Int {
    let position = Int(try reader.next()) - 1
    guard batch.limits.indices.contains(position) else {
      throw .malformedAnswer("expected the position of a limit, got \(position + 1)")
    }
    return position
  }
}
