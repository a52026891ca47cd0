import Hiredis
import Hummingbird

/// The reply of ACQUIRE as an HTTP response.
enum AcquireAnswer {
  static func response(to reply: Reply, _ front: HTTPFrontEnd) async throws(HTTPProblem) -> Response {
    if reply.array?.first?.string == "granted" { return .json(granted(reply)) }
    throw await denied(reply, front)
  }

  /// `["granted", permit, "model", ...]`
  private static func granted(_ reply: Reply) -> JSONValue {
    let elements = reply.array ?? []
    let named = Reply.array([.bulk(Array("permit".utf8))] + elements.dropFirst())
    return named.object(flags: ["degraded"], ["limits": { $0.rows("limit", "unit", "amount", "allowed", "remaining") }])
  }

  /// `["denied", reason, "limit", ...]`
  private static func denied(_ reply: Reply, _ front: HTTPFrontEnd) async -> HTTPProblem {
    let elements = reply.array ?? []
    let reason = elements.dropFirst().first?.string ?? ""
    let message = reply.value("message")?.string ?? ""
    if reason == "draining" {
      var problem = HTTPProblem(.draining, message)
      problem.setRetryAfter(seconds: front.drainSeconds)
      problem.members = [.init("reason", .string(reason))]
      return problem
    }
    var problem = HTTPProblem(.denied, message)
    let rest = Reply.array([.bulk(Array("reason".utf8))] + elements.dropFirst())
    if case .object(let members) = rest.object(flags: ["exact", "degraded"]) {
      problem.members = members.filter { $0.name != "message" }
    }
    let limit = reply.value("limit")?.string ?? ""
    let fields = RateLimitFields(
      limit: limit, allowed: reply.value("allowed")?.int ?? 0, remaining: reply.value("remaining")?.int ?? 0,
      retryAfter: reply.value("retry_after_ms")?.int, window: await front.windowSeconds(of: limit))
    fields.write(to: &problem)
    return problem
  }
}
