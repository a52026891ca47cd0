package import LimiterCore
internal import LimiterRedis
internal import NIOCore
internal import RedisClient

extension Limiter {
  /// Waiting calls that are looked at to tell how many are ahead.
  private static let queueWalk = 1_024

  /// Why a request would wait or be denied, limit by limit. It changes nothing.
  ///
  /// - Throws: ``LimiterError``; `CancellationError`.
  /// - Complexity: two script calls; three before the session in Redis is open.
  package func explain(_ request: AdmissionRequest) async throws -> Explanation {
    if let problem = resolver.problem(with: request) { throw LimiterError(.invalidRequest, problem.description) }
    do {
      let needs = resolver.resolve(request, at: try await serverNow())
      let limits = needs.map(\.limit)
      let call = InspectCodec.call(limits, keys: DomainKeys(domain: settings.policy.domain))
      let reply = try await client.evaluate(scripts.inspect, keys: call.keys, arguments: call.arguments)
      let answer = try InspectCodec.answer(reply, for: limits)
      let crowds = try await crowds(of: limits)
      let (own, place, session) = try await eventLoop.submit {
        let engine = self.engine.value
        let place = engine.place(
          inLane: LimitID.encode(request.model), of: self.resolver.share(of: request), priority: request.priority)
        let own = limits.map {
          engine.waiting(on: $0.id, aheadOf: request.priority, from: place, lookingAt: Self.queueWalk)
        }
        return (own, place, engine.sessionID)
      }.get()
      let time = ServerTime(microseconds: answer.now.microseconds + place)
      return Explanation(
        limits: zip(zip(needs, answer.usages), own).map { pair, own in
          let crowd = crowds[pair.0.limit.id]
          var ahead = own
          if let crowd { ahead.add(crowd.ahead(ofPriority: request.priority, at: time, but: session)) }
          return Explanation.Limit(pair.0, pair.1, ahead: ahead, holders: crowd?.holders ?? [], now: answer.now)
        },
        denial: Denial.atOnce(needs, answer.usages, at: answer.now))
    } catch {
      throw LimiterError.translate(error, asked: .view)
    }
  }
}
