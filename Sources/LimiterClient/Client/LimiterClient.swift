public import Logging
public import NIOCore
public import NIOPosix
public import ServiceLifecycle

/// Shares limits with all processes of a domain, through `limiterd` or straight through Redis: the same functions, the same answers.
///
/// ```swift
/// try await LimiterClient.withClient(.limiterd(socket: "/run/limiterd/limiterd.sock")) { limiter in
///   let request = AdmissionRequest(model: "gpt-4o", inputTokens: 900, outputTokens: 400)
///   let outcome = try await limiter.withPermit(request) { permit in
///     let response = try await callTheModel()
///     return (response.text, Usage(inputTokens: response.inputTokens, outputTokens: response.outputTokens))
///   }
/// }
/// ```
///
/// One client per process is enough: thousands of tasks share its one connection. All functions may be called from any task.
public final class LimiterClient: Service, Sendable {
  package let backend: any LimiterBackend
  let loopExecutor: LoopExecutor

  /// A client; nothing happens before ``run()``.
  ///
  /// - Parameters:
  ///   - route: `.limiterd(socket:)`, or `.redis(url:policy:)`.
  ///   - eventLoopGroup: one of its loops carries the connection.
  ///   - logger: hears of lost connections (warning) and of what became of permits meanwhile.
  /// - Throws: ``LimiterError`` with the code `invalidPolicy` when a policy's time zone is unknown.
  public init(
    _ route: LimiterRoute, eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
    logger: Logger = Logger(label: "limiter")
  ) throws {
    switch route {
    case .direct(let settings): backend = try Limiter(settings, eventLoopGroup: eventLoopGroup, logger: logger)
    case .sidecar(let settings):
      backend = SidecarLimiter(settings, eventLoop: eventLoopGroup.next(), logger: logger)
    }
    loopExecutor = LoopExecutor(backend.eventLoop)
  }

  /// Makes a client, runs it as long as `body`, and ends it: waiting settlements are sent and its session is closed.
  ///
  /// - Throws: what `body` throws; ``LimiterError`` or a `RedisError` when it cannot run, such as with a wrong password.
  /// - Note: cancellation cancels `body`; the session is closed nonetheless, in at most a second or two.
  public static func withClient<Result: Sendable>(
    _ route: LimiterRoute, eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
    logger: Logger = Logger(label: "limiter"), _ body: @Sendable (LimiterClient) async throws -> Result
  ) async throws -> Result {
    let client = try LimiterClient(route, eventLoopGroup: eventLoopGroup, logger: logger)
    return try await client.backend.withRunning { try await body(client) }
  }

  /// Keeps the connection and the session until the task is cancelled or the service shuts down gracefully; call it once.
  ///
  /// Cancelled, it ends at once: what it holds is given back when its session's time is over. A graceful shutdown sends
  /// waiting settlements and closes the session before, for at most a second or two.
  ///
  /// - Throws: ``LimiterError`` or a `RedisError` when there can be no connection however often it is tried, such as with a wrong
  ///   password. A limiterd or a Redis that is away is no reason to end: calls wait, and fail when their time is over.
  public func run() async throws { try await backend.run() }
}
