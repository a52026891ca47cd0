public import LimiterCore
internal import LimiterRedis
internal import NIOCore
internal import RedisClient

extension Limiter {
  /// Waiting calls that are looked at to tell how many are ahead.
  private static let queueWalk = 1_024

  /// Why a request would wait, limit by limit. It changes nothing.
  ///
  /// - Throws: ``LimiterError``; `CancellationError`.
  /// - Complexity: one script call.
  public func explain(_ request: AdmissionRequest) async throws -> Explanation {
    if let problem = resolver.problem(with: request) { throw LimiterError(.invalidRequest, problem.description) }
    do {
      let needs = resolver.resolve(request, at: try await serverNow())
      let limits = needs.map(\.limit)
      let call = InspectCodec.call(limits, keys: DomainKeys(domain: settings.policy.domain))
      let reply = try await client.evaluate(scripts.inspect, keys: call.keys, arguments: call.arguments)
      let answer = try InspectCodec.answer(reply, for: limits)
      let ahead = try await eventLoop.submit {
        limits.map {
          self.engine.value.waiting(on: $0.id, aheadOf: request.priority, lookingAt: Self.queueWalk)
        }
      }.get()
      return Explanation(
        limits: zip(zip(needs, answer.usages), ahead).map { pair, ahead in
          Explanation.Limit(pair.0, pair.1, waitingAhead: ahead, now: answer.now)
        })
    } catch {
      throw LimiterError.translate(error)
    }
  }
}
