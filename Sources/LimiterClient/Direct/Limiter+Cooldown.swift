internal import Hiredis
package import LimiterCore
internal import LimiterRedis
internal import RedisClient

/// Models that all workers of the domain leave alone. One script call each.
extension Limiter {
  package func cooldown(of model: String, _ asked: CooldownCall) async throws -> CooldownState {
    if case .unknownModel(let model) = resolver.problem(with: AdmissionRequest(model: model)) {
      throw LimiterError(.invalidRequest, RequestProblem.unknownModel(model).description)
    }
    let call = CooldownCodec.call(model, asked, keys: DomainKeys(domain: settings.policy.domain))
    return try await evaluate(call, asked) { reply in try CooldownCodec.answer(reply) }
  }

  package func cooldowns() async throws -> [ModelCooldown] {
    try await evaluate(CooldownCodec.list(keys: DomainKeys(domain: settings.policy.domain)), .look) { reply in
      try CooldownCodec.listed(reply)
    }
  }

  private func evaluate<Answer>(
    _ call: ScriptCall, _ asked: CooldownCall, _ read: (Reply) throws -> Answer
  ) async throws -> Answer {
    do {
      return try read(try await client.evaluate(scripts.cooldown, keys: call.keys, arguments: call.arguments))
    } catch {
      throw LimiterError.translate(error, asked: asked == .look ? .view : .change)
    }
  }
}
