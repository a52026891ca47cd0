import Hiredis
import LimiterClient
import LimiterCore
import LimiterRedis
import NIOCore
import RedisClient

/// Permits that this daemon did not grant, or does not hold any more: Redis knows them as long as they are not settled.
extension DaemonCore {
  /// Looks a permit's record up: in its session, among those that ended as abandoned, and where another session has adopted it.
  /// `nil`: it is unknown.
  func find(_ id: String, _ found: @escaping (Result<FoundPermit?, any Error>) -> Void) throws(CommandError) {
    let granted = try place(of: id)
    look(for: id, at: granted) { [self] result in
      guard case .success(nil) = result else { return found(result) }
      findAdopted(id, granted) { [self] result in
        switch result {
        case .failure(let error): found(.failure(error))
        case .success(nil): found(.success(nil))
        case .success(let place?): look(for: id, at: place, found)
        }
      }
    }
  }

  /// Where the record of a permit is that another session has adopted, or was until it was settled; `nil`: none has.
  func findAdopted(
    _ id: String, _ granted: PermitPlace, _ found: @escaping (Result<PermitPlace?, any Error>) -> Void
  ) {
    let key = DomainKeys(domain: active.value.policy.domain).adopted(id)
    inTurn { [self] done in
      ask(["GET", key]).assumeIsolated().whenComplete { answer in
        done()
        found(Result { try answer.get().string.map(granted.adopted) })
      }
    }
  }

  func place(of id: String) throws(CommandError) -> PermitPlace {
    if let place = PermitPlace(id: id) { return place }
    throw CommandError(.malformed, PermitPlace.expected)
  }

  private func look(
    for id: String, at place: PermitPlace, _ found: @escaping (Result<FoundPermit?, any Error>) -> Void
  ) {
    withServerTime { [self] result in
      do { look(for: id, at: place, now: try result.get(), found) } catch { found(.failure(error)) }
    }
  }

  private func look(
    for id: String, at place: PermitPlace, now: ServerTime,
    _ found: @escaping (Result<FoundPermit?, any Error>) -> Void
  ) {
    let keys = DomainKeys(domain: active.value.policy.domain)
    let fields = [keys.record(of: place)] + keys.unsettledRecords(of: place, on: now)
    inTurn(cost: fields.count) { [self] done in
      let replies = fields.map { ask(["HGET", $0.key, $0.field]) }
      EventLoopFuture.whenAllSucceed(replies, on: eventLoop).assumeIsolated().whenComplete { [self] result in
        done()
        found(
          Result {
            try result.get().compactMap(\.bytes).first.map {
              FoundPermit(permit: try permit(id, record: $0), place: place)
            }
          })
      }
    }
  }

  private func ask(_ words: [CommandArgument]) -> EventLoopFuture<Reply> {
    let promise = eventLoop.makePromise(of: Reply.self)
    client.send(words, deadline: eventLoop.now + TimeAmount(settings.patience), promise: promise)
    return promise.futureResult
  }

  func permit(_ id: String, record bytes: [UInt8]) throws(CommandError) -> Permit {
    let policy = active.value
    let lane = PermitPlace(id: id)?.lane
    let model = policy.policy.models.keys.first { LimitID.encode($0) == lane }
    guard let permit = PermitRecord(bytes)?.permit(id, model: model, policy: policy) else {
      throw CommandError(.refused, "the permit's record in Redis cannot be read; nothing was done")
    }
    return permit
  }
}
