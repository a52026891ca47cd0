import HTTPTypes
import Hummingbird

/// A method of a path, and what answers it.
struct HTTPRoute: Sendable {
  var method: HTTPRequest.Method
  var path: String
  /// Without the password: what probes and scrapers ask for.
  var isOpen = false
  var answer: @Sendable (HTTPFrontEnd, HTTPCall) async throws -> Response
}

/// All routes; docs/openapi.yaml describes each.
enum HTTPRouteTable {
  static let routes: [HTTPRoute] = [
    HTTPRoute(method: .get, path: "/healthz", isOpen: true) { _, _ in .json(.object([.init("status", .string("ok"))]))
    },
    HTTPRoute(method: .get, path: "/readyz", isOpen: true) { front, _ in try await front.readiness() },
    HTTPRoute(method: .get, path: "/metrics", isOpen: true) { front, _ in try await front.metrics() },
    HTTPRoute(method: .post, path: "/v1/acquire") { front, call in
      let command = try AcquireBody.command("ACQUIRE", try await call.fields(AcquireBody.names))
      return try await AcquireAnswer.response(to: try await front.ask(command, call), front)
    },
    HTTPRoute(method: .post, path: "/v1/settle") { front, call in
      let command = try SettleBody.settle(try await call.fields(SettleBody.names))
      return .json(SettleAnswer.body(of: try await front.ask(command, call)))
    },
    HTTPRoute(method: .post, path: "/v1/cancel") { front, call in
      let command = try SettleBody.cancel(try await call.fields(SettleBody.cancelNames))
      return .json(SettleAnswer.body(of: try await front.ask(command, call)))
    },
    HTTPRoute(method: .post, path: "/v1/renew") { front, call in
      let command = try SettleBody.renew(try await call.fields(SettleBody.renewNames))
      return .json(SettleAnswer.renewed(try await front.ask(command, call)))
    },
    HTTPRoute(method: .get, path: "/v1/limits") { front, call in
      let command = try ViewQuery.command("LIMITS", "model", try call.query(["model"]))
      return .json(ViewAnswer.limits(try await front.ask(command, call)))
    },
    HTTPRoute(method: .get, path: "/v1/permits") { front, call in
      let command = try ViewQuery.command("PERMITS", "session", try call.query(["session"]))
      return .json(ViewAnswer.permits(try await front.ask(command, call)))
    },
    HTTPRoute(method: .get, path: "/v1/queue") { front, call in
      let command = try ViewQuery.command("QUEUE", "model", try call.query(["model"]))
      return .json(ViewAnswer.queue(try await front.ask(command, call)))
    },
    HTTPRoute(method: .get, path: "/v1/runs") { front, call in
      let command = ViewQuery.command("RUNS", try call.query([]))
      return .json(ViewAnswer.runs(try await front.ask(command, call)))
    },
    HTTPRoute(method: .get, path: "/v1/cooldowns") { front, call in
      let command = ViewQuery.command("COOLDOWNS", try call.query([]))
      return .json(ViewAnswer.cooldowns(try await front.ask(command, call)))
    },
    HTTPRoute(method: .get, path: "/v1/peek") { front, call in
      let command = try AcquireBody.command("PEEK", try call.query(AcquireBody.explainNames))
      return .json(ViewAnswer.peek(try await front.ask(command, call)))
    },
    HTTPRoute(method: .get, path: "/v1/explain") { front, call in
      let command = try AcquireBody.command("EXPLAIN", try call.query(AcquireBody.explainNames))
      return .json(ViewAnswer.explanation(try await front.ask(command, call)))
    },
  ]

  /// The route of a request.
  ///
  /// - Throws: ``HTTPProblem``: there is none, or only of other methods.
  static func route(_ method: HTTPRequest.Method, _ path: String) throws(HTTPProblem) -> HTTPRoute {
    let routes = routes.filter { $0.path == path }
    guard !routes.isEmpty else {
      let paths = Self.routes.map { "`\($0.path)`" }.joined(separator: ", ")
      throw HTTPProblem(.notFound, "expected one of the paths \(paths)")
    }
    // HEAD is GET without the body.
    let wanted = method == .head ? .get : method
    if let route = routes.first(where: { $0.method == wanted }) { return route }
    let methods = routes.map(\.method.rawValue).joined(separator: ", ")
    var problem = HTTPProblem(.methodNotAllowed, "expected \(methods), another method came")
    problem.headers[.allow] = methods
    throw problem
  }
}
