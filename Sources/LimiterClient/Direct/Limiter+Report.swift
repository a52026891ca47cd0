package import LimiterCore
internal import LimiterRedis
internal import RedisClient

extension Limiter {
  package func report(_ counts: [String: Int64], alarm: FleetAlarm) async throws -> FleetReport {
    let call = ReportCodec.call(counts, alarm: alarm, keys: DomainKeys(domain: settings.policy.domain))
    do {
      return try ReportCodec.answer(
        try await client.evaluate(scripts.report, keys: call.keys, arguments: call.arguments))
    } catch {
      throw LimiterError.translate(error, asked: counts.isEmpty ? .view : .change)
    }
  }
}
