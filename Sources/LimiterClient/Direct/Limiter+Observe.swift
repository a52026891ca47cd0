package import LimiterCore
internal import LimiterRedis
internal import RedisClient

extension Limiter {
  package func observe(_ permit: Permit, _ view: ProviderView) async throws -> [LimitID: Int64] {
    let observations = view.observations(of: permit, resolver)
    guard let call = ObserveCodec.call(observations, keys: DomainKeys(domain: settings.policy.domain)) else {
      return [:]
    }
    do {
      let reply = try await client.evaluate(scripts.observe, keys: call.keys, arguments: call.arguments)
      let taken = try ObserveCodec.answer(reply, to: observations)
      return zip(observations, taken).reduce(into: [:]) { all, pair in
        if pair.1 > 0 { all[pair.0.limit.id] = pair.1 }
      }
    } catch {
      throw LimiterError.translate(error, asked: .change)
    }
  }
}
