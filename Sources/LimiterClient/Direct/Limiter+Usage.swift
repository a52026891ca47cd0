internal import RedisClient
package import LimiterCore
internal import LimiterRedis
internal import NIOCore

extension Limiter {
  package func usage(of request: AdmissionRequest) async throws -> [LimitStatus] {
    try await usage(of: request, namesAll: true)
  }

  /// - Parameter namesAll: false: it may name less than the policy requires, and the limits of what it does not name are left out.
  package func usage(of request: AdmissionRequest, namesAll: Bool) async throws -> [LimitStatus] {
    let asked = try look(request, namesAll: namesAll)
    do {
      let needs = resolver.resolve(asked, at: try await serverNow())
      let limits = needs.map(\.limit)
      let call = InspectCodec.call(limits, keys: DomainKeys(domain: settings.policy.domain))
      let reply = try await client.evaluate(scripts.inspect, keys: call.keys, arguments: call.arguments)
      return zip(needs, try InspectCodec.answer(reply, for: limits).usages).map { LimitStatus($0, $1) }
    } catch {
      throw LimiterError.translate(error, asked: .view)
    }
  }

  package func adjust(
    _ limit: LimitID, of request: AdmissionRequest, by amount: Int64, operation: String, who: String, why: String
  ) async throws -> (applied: Int64, used: Int64) {
    guard (-LimiterBounds.amount...LimiterBounds.amount).contains(amount),
      (1...LimiterBounds.name).contains(operation.utf8.count)
    else {
      throw LimiterError(
        .invalidRequest,
        "expected an amount of at most \(LimiterBounds.amount) and a name of 1 to \(LimiterBounds.name) bytes")
    }
    let asked = try look(request, namesAll: false)
    let now: ServerTime
    do { now = try await serverNow() } catch { throw LimiterError.translate(error, asked: .lookup) }
    let met = resolver.resolve(asked, at: now).map(\.limit)
    guard let found = met.first(where: { $0.id == limit }) else {
      let names = met.isEmpty ? "none" : met.map { "`\($0.id)`" }.joined(separator: ", ")
      throw LimiterError(.limitUnknown, "expected a limit that this request meets (\(names)), got `\(limit)`")
    }
    let keys = DomainKeys(domain: settings.policy.domain)
    guard
      let call = AdjustCodec.call(
        found, by: amount, operation: LimitID.encode(operation), who: who, why: why, now: now, keys: keys)
    else { throw LimiterError(.notAdjustable, "slots follow their sessions: end the session instead") }
    do {
      let reply = try await client.evaluate(scripts.adjust, keys: call.keys, arguments: call.arguments)
      let adjustment = try AdjustCodec.answer(reply)
      guard adjustment.isOfThisLimit, adjustment.asked == amount else {
        let what = adjustment.isOfThisLimit ? "" : " to another limit or in another period,"
        throw LimiterError(
          .invalidRequest,
          "the operation `\(operation)` was done before,\(what) with the amount \(adjustment.asked): \(adjustment.applied) added, and nothing now; take another name for another correction"
        )
      }
      return (adjustment.applied, adjustment.used)
    } catch {
      throw LimiterError.translate(error, asked: .change)
    }
  }

  /// A request as a look at its limits: what a call needs nothing of is of interest, too.
  private func look(_ request: AdmissionRequest, namesAll: Bool) throws -> AdmissionRequest {
    var asked = request
    asked.amounts = Amounts(requests: 1, inputTokens: 1, outputTokens: 1, tokens: 1, nanodollars: 1)
    asked.hold = nil
    switch resolver.problem(with: asked) {
    case nil: return asked
    case .missing where !namesAll: return asked
    case let problem?: throw LimiterError(.invalidRequest, problem.description)
    }
  }

  /// A budget's period is that of the server's time, which is not known before the session is open.
  func serverNow() async throws -> ServerTime {
    if let now = try await eventLoop.submit({ self.engine.value.knownServerNow }).get() { return now }
    let call = InspectCodec.call([], keys: DomainKeys(domain: settings.policy.domain))
    let reply = try await client.evaluate(scripts.inspect, keys: call.keys, arguments: call.arguments)
    return try InspectCodec.answer(reply, for: []).now
  }
}
