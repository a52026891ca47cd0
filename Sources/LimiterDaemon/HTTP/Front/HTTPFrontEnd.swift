import HTTPTypes
import Hiredis
import Hummingbird
import LimiterConfiguration
import LimiterCore
import NIOCore

/// Answers the requests of HTTP clients.
///
/// What a route asks is a command of the worker protocol, and what it answers is that command's reply as JSON: so there is one admission,
/// and both front ends say the same.
///
/// ```
/// request --> route --> fields --> WorkerCommand --> DaemonCore.handle --> RESP reply --> JSON
///             a task of Hummingbird |      the daemon's event loop        | the task
/// ```
struct HTTPFrontEnd: Sendable {
  let core: NIOLoopBound<DaemonCore>
  let settings: DaemonSettings
  let loop: any EventLoop

  /// What is answered without a look at the body.
  private static let unread: Set = [401, 404, 405, 415]

  /// How long a drain takes, in seconds.
  var drainSeconds: Int64 { (settings.server.drain.microsecondsRoundedUp + 999_999) / 1_000_000 }

  func respond(_ request: Request, _ context: HTTPContext) async -> Response {
    var response: Response
    let path = String((request.head.path ?? "").prefix { $0 != "?" })
    do {
      let route = try HTTPRouteTable.route(request.method, path)
      if !route.isOpen { try checkPassword(request.headers[.authorization]) }
      response = try await route.answer(self, HTTPCall(request: request, channel: context.channel))
    } catch let problem as HTTPProblem {
      response = problem.response
    } catch {
      response = HTTPProblem(.malformed, "the request could not be read to its end").response
    }
    // The body that was not asked for may come all the same, and would be taken for the next request.
    if request.headers[.expect]?.lowercased() == "100-continue", Self.unread.contains(response.status.code) {
      response.headers[.connection] = "close"
    }
    let statusClass = response.status.code / 100
    loop.execute { [core] in core.value.metrics.httpAnswered(path: path, statusClass: statusClass) }
    return request.method == .head ? response.createHeadResponse() : response
  }

  /// Carries a command out on the daemon's event loop.
  func ask(_ command: WorkerCommand, _ call: HTTPCall) async throws(HTTPProblem) -> Reply {
    let promise = loop.makePromise(of: Reply.self)
    let channel = call.channel
    loop.execute { [core] in core.value.ask(command, of: channel, promise) }
    do { return try await promise.futureResult.get() } catch { throw HTTPProblem(error, drain: drainSeconds) }
  }

  /// The window of a limit in seconds, rounded up; `nil`: it has none.
  func windowSeconds(of limit: String) async -> Int64? {
    let future = loop.submit { [core] in core.value.active.value.facts(of: LimitID(rawValue: limit))?.length }
    return (try? await future.get()).flatMap { $0 }.map { ($0 + 999_999) / 1_000_000 }
  }

  /// Whether calls can be admitted now.
  func readiness() async throws -> Response {
    guard let reason = try await loop.submit({ [core] in core.value.reasonNotReady }).get() else {
      return .json(.object([.init("status", .string("ready"))]))
    }
    var problem = HTTPProblem(reason.code == .draining ? .draining : .unavailable, reason.message)
    problem.setRetryAfter(seconds: reason.code == .draining ? drainSeconds : 1)
    throw problem
  }

  func metrics() async throws -> Response {
    let promise = loop.makePromise(of: String.self)
    loop.execute { [core] in core.value.writeMetrics(promise) }
    let text = try await promise.futureResult.get()
    return Response(
      status: .ok, headers: [.contentType: MetricsText.contentType],
      body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }

  private func checkPassword(_ authorization: String?) throws(HTTPProblem) {
    guard let password = settings.server.password else { return }
    let scheme = "bearer "
    // The name of a scheme is written in any case (RFC 9110, 11.1); the password is not.
    if let authorization, authorization.prefix(scheme.count).lowercased() == scheme,
      DaemonCore.isEqual(Array(authorization.utf8.dropFirst(scheme.utf8.count)), Array(password.utf8))
    {
      return
    }
    var problem = HTTPProblem(
      .unauthorized, "expected the header `Authorization: Bearer <password>` with the password of this limiterd")
    problem.headers[.wwwAuthenticate] = "Bearer"
    throw problem
  }
}
