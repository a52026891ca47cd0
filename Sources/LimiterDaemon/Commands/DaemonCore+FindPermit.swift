import Hiredis
import LimiterClient
import LimiterCore
import LimiterRedis
import NIOCore
import RedisClient

/// Permits that this daemon did not grant, or does not hold any more: Redis knows them as long as they are not settled.
extension DaemonCore {
  /// Ended permits are listed by the day of their grant, for eight days.
  private static let listedDays: Int64 = 9
  private static let dayMicroseconds: Int64 = 86_400_000_000

  /// Looks a permit's record up: in its session, then among those that ended as abandoned. `nil`: it is unknown there.
  func find(_ id: String, _ found: @escaping (Result<Permit?, any Error>) -> Void) throws(CommandError) {
    guard let slash = id.firstIndex(of: "/"), id[id.index(after: slash)...].split(separator: ".").count >= 3,
      !id[..<slash].isEmpty
    else {
      throw CommandError(.malformed, "expected the id of a permit, `<session>/<lane>.<operation>.<position>`")
    }
    let (session, name) = (String(id[..<slash]), String(id[id.index(after: slash)...]))
    let prefix = DomainKeys(domain: active.value.policy.domain).prefix
    let today = engine.serverNow.microseconds / Self.dayMicroseconds
    var places = [("\(prefix)session:\(session)", "permit:\(name)")]
    for day in (0..<Self.listedDays).map({ today - $0 }) {
      places.append(("\(prefix)unsettled:\(day)", "\(session)/permit:\(name)"))
    }
    let replies = places.map { key, field in
      let promise = eventLoop.makePromise(of: Reply.self)
      client.send(
        ["HGET", CommandArgument(key), CommandArgument(field)],
        deadline: eventLoop.now + TimeAmount(settings.patience), promise: promise)
      return promise.futureResult
    }
    EventLoopFuture.whenAllSucceed(replies, on: eventLoop).assumeIsolated().whenComplete { [self] result in
      found(Result { try result.get().compactMap(\.bytes).first.map { try permit(id, record: $0) } })
    }
  }

  private func permit(_ id: String, record bytes: [UInt8]) throws(CommandError) -> Permit {
    let policy = active.value
    let lane = id.split(separator: "/", maxSplits: 1).last?.split(separator: ".").dropLast(2).joined(separator: ".")
    let model = policy.policy.models.keys.first { LimitID.encode($0) == lane }
    guard let permit = PermitRecord(bytes)?.permit(id, model: model, policy: policy) else {
      throw CommandError(.refused, "the permit's record in Redis cannot be read; nothing was done")
    }
    return permit
  }
}
