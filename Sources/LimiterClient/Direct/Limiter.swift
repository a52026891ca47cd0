internal import LimiterConfiguration
internal import LimiterCore
package import LimiterRedis
package import Logging
package import NIOCore
internal import NIOPosix
internal import RedisClient
internal import ServiceLifecycle
internal import Synchronization

/// Decisions of Redis itself: what is behind a ``LimiterClient`` of the route `.redis`, which tells what each function promises.
package final class Limiter: LimiterBackend {
  /// What it was made of.
  package let settings: LimiterSettings
  let resolver: PolicyResolver
  let client: RedisClient
  let scripts: LimiterScripts
  let engine: NIOLoopBoundBox<LimiterEngine>
  package let logger: Logger
  private let stopped: EventLoopPromise<Void>
  private let hasBegun = Mutex(false)

  package var eventLoop: any EventLoop { client.eventLoop }

  package convenience init(
    _ settings: LimiterSettings, eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
    logger: Logger = Logger(label: "limiter")
  ) throws {
    try self.init(settings, scripts: LimiterScripts.standard, eventLoopGroup: eventLoopGroup, logger: logger)
  }

  package init(
    _ settings: LimiterSettings, scripts: LimiterScripts, eventLoopGroup: any EventLoopGroup, logger: Logger
  ) throws {
    guard let resolver = PolicyResolver(policy: settings.policy) else {
      throw LimiterError(
        .invalidPolicy, "expected an IANA time zone such as `UTC` or `America/New_York`, got another name")
    }
    self.settings = settings
    self.logger = logger
    self.scripts = scripts
    self.resolver = resolver
    var redis = settings.redis
    redis.scripts += scripts.all
    client = RedisClient(configuration: redis, eventLoop: eventLoopGroup.next(), logger: logger)
    stopped = client.eventLoop.makePromise()
    var engineSettings = EngineSettings(
      domain: settings.policy.domain, sessionTimeToLive: settings.policy.sessionTimeToLive, who: settings.name)
    engineSettings.lane.answerTime = settings.answerTime.microsecondsRoundedUp
    engineSettings.lane.capacity = settings.waiters
    engineSettings.slowAfter = settings.slowAfter.microsecondsRoundedUp
    engineSettings.lane.slotPoll = settings.askAgain.microsecondsRoundedUp
    let engine = LimiterEngine(
      store: RedisStore(client: client, scripts: scripts, domain: settings.policy.domain), eventLoop: client.eventLoop,
      settings: engineSettings,
      events: .logged(by: logger, client, connected: (.debug, "session opened")))
    self.engine = NIOLoopBoundBox.makeBoxSendingValue(engine, eventLoop: client.eventLoop)
  }

  deinit {
    // One that was never run.
    stopped.succeed()
  }

  /// As ``LimiterClient/withClient(_:eventLoopGroup:logger:_:)``.
  package static func withLimiter<Result: Sendable>(
    _ settings: LimiterSettings, eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
    logger: Logger = Logger(label: "limiter"), _ body: @Sendable (Limiter) async throws -> Result
  ) async throws -> Result {
    let limiter = try Limiter(settings, eventLoopGroup: eventLoopGroup, logger: logger)
    return try await limiter.withRunning { try await body(limiter) }
  }

  package func run() async throws {
    try begin()
    try await withGracefulShutdownHandler {
      try await withTaskCancellationHandler {
        try await keepRunning()
      } onCancel: {
        stopped.succeed()
      }
    } onGracefulShutdown: {
      self.stop()
    }
  }

  /// Who is turned away must not stop what another has begun, so this comes before all else.
  private func begin() throws {
    let isFirst = hasBegun.withLock { hasBegun in
      defer { hasBegun = true }
      return !hasBegun
    }
    if !isFirst { throw LimiterError(.stopped, "expected run() to be called once; make another LimiterClient") }
  }

  private func keepRunning() async throws {
    onLoop { $0.start() }
    // Not ended by cancellation itself: what is held is given back over this connection.
    do { try await client.run(until: stopped.futureResult) } catch {
      stop(failing: LimiterError.translate(error, asked: .call))
      throw error
    }
    stop()
  }

  /// Ends ``run()``, after what waits was sent.
  func stop(failing error: any Error = EngineStopped()) {
    let stopped = stopped
    onLoop { engine in
      let done = engine.eventLoop.makePromise(of: Void.self)
      engine.stop(failing: error, within: .seconds(1), promise: done)
      done.futureResult.cascade(to: stopped)
    }
  }

  package func withRunning<Result: Sendable>(_ body: @Sendable () async throws -> Result) async throws -> Result {
    try begin()
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await self.keepRunning() }
      let result: Swift.Result<Result, any Error>
      do { result = .success(try await body()) } catch { result = .failure(error) }
      stop()
      try await group.waitForAll()
      return try result.get()
    }
  }

  func onLoop(_ action: @escaping @Sendable (LimiterEngine) -> Void) {
    eventLoop.execute { action(self.engine.value) }
  }
}
