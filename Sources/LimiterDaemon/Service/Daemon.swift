import LimiterClient
import LimiterConfiguration
package import LimiterCore
import LimiterRedis
package import Logging
package import NIOCore
import RedisClient
import Synchronization

/// The sidecar: workers ask it over the worker protocol, and it decides with Redis.
///
/// ```
/// run --> listening --drain()--> nothing new, holders settle --> ended
///             |                                                    ^
///             '--------------------stop()-------------------------'
/// ```
package final class Daemon: Sendable {
  private enum Ending { case drain, stop }

  package let settings: DaemonSettings
  private let client: RedisClient
  private let core: NIOLoopBound<DaemonCore>
  private let owner: NIOLoopBound<RunningCore>
  private let logger: Logger
  private let endings: AsyncStream<Ending>
  private let endingContinuation: AsyncStream<Ending>.Continuation
  private let stopped: EventLoopPromise<Void>
  private let hasBegun = Mutex(false)
  private let http = Mutex<Int?>(nil)

  /// The port of the HTTP address, while there is one.
  package var httpPort: Int? { http.withLock { $0 } }

  private var loop: any EventLoop { client.eventLoop }

  /// A daemon; nothing happens before ``run(_:)``.
  ///
  /// - Throws: ``DaemonError`` when the policy's time zone is unknown, or the server's options make no sense.
  package static func make(
    _ settings: DaemonSettings, eventLoop: any EventLoop,
    logger: Logger = Logger(label: "limiterd")
  ) async throws -> Daemon {
    guard let policy = ActivePolicy(settings.policy) else {
      throw DaemonError(.configuration, "expected an IANA time zone such as `America/New_York`, got another name")
    }
    if let tcp = settings.server.tcp, !tcp.isLoopback, settings.server.password == nil {
      throw DaemonError(
        .configuration,
        "expected a password for an address that other machines reach: configure `password_env` or `password_file`, or listen on 127.0.0.1"
      )
    }
    if let http = settings.server.http, !http.isLoopback, settings.server.password == nil {
      throw DaemonError(
        .configuration,
        "expected a password for an HTTP address that other machines reach: configure `password_env` or `password_file`, or listen on 127.0.0.1"
      )
    }
    return try await eventLoop.submit { Daemon(settings, policy, eventLoop, logger) }.get()
  }

  /// Called on the event loop.
  private init(_ settings: DaemonSettings, _ policy: ActivePolicy, _ loop: any EventLoop, _ logger: Logger) {
    self.settings = settings
    self.logger = logger
    let scripts = LimiterScripts.standard
    var redis = settings.redis
    redis.scripts += scripts.all
    client = RedisClient(configuration: redis, eventLoop: loop, logger: logger)
    var engineSettings = EngineSettings(
      domain: settings.policy.domain, sessionTimeToLive: settings.policy.sessionTimeToLive, who: settings.name)
    engineSettings.lane.answerTime = settings.answerTime.microsecondsRoundedUp
    engineSettings.lane.capacity = settings.waiters
    engineSettings.slowAfter = settings.server.redisSlowAfter.microsecondsRoundedUp
    let owner = NIOLoopBound(RunningCore(), eventLoop: loop)
    let store = RedisStore(client: client, scripts: scripts, domain: settings.policy.domain) {
      owner.value.core?.metrics.scriptAnswered($0, microseconds: $1, isError: $2)
    }
    let engine = LimiterEngine(
      store: store, eventLoop: loop, settings: engineSettings, events: Self.events(owner, logger, client))
    let core = DaemonCore(settings: settings, policy: policy, store: store, engine: engine, logger: logger)
    self.owner = owner
    self.core = NIOLoopBound(core, eventLoop: loop)
    stopped = loop.makePromise()
    (endings, endingContinuation) = AsyncStream.makeStream()
  }

  deinit {
    // One that was never run.
    stopped.succeed()
  }

  /// Listens until ``drain()`` or ``stop()``, or until Redis refuses the first connection.
  ///
  /// - Parameter listening: called when connections are accepted, with the TCP port if there is one.
  /// - Throws: ``DaemonError``; a `RedisError` that needs somebody to act, such as a wrong password.
  package func run(_ listening: @escaping @Sendable (_ port: Int?) async -> Void = { _ in }) async throws {
    let isFirst = hasBegun.withLock { hasBegun in
      defer { hasBegun = true }
      return !hasBegun
    }
    precondition(isFirst, "a Daemon runs once: make another one")
    guard let socket = settings.server.socket else {
      throw DaemonError(.configuration, "expected the path of a Unix socket, got none")
    }
    let listener = try await Listener.start(core, settings: settings, socket: socket, on: loop)
    let httpListener: HTTPListener?
    do { httpListener = try await startHTTP() } catch {
      await listener.close()
      throw error
    }
    loop.execute { [core, owner] in
      owner.value.core = core.value
      core.value.engine.start()
      core.value.keepLookingAtFleet()
    }
    let redis = Task.detached { [client, stopped, endingContinuation] in
      // Ended by `stopped` alone: what is held is given back over this connection.
      defer { endingContinuation.yield(.stop) }
      try await client.run(until: stopped.futureResult)
    }
    await listening(listener.port)
    await withTaskCancellationHandler {
      await waitForEnd(closing: listener)
    } onCancel: {
      endingContinuation.yield(.stop)
    }
    await listener.close()
    await end()
    await httpListener?.close(on: loop)
    try await redis.value
  }

  /// Probes and those that settle are answered until the end, also while it drains.
  private func startHTTP() async throws -> HTTPListener? {
    guard let address = settings.server.http else { return nil }
    let listener = try await HTTPListener.start(core, settings: settings, address: address, on: loop)
    http.withLock { $0 = listener.port }
    return listener
  }

  /// No new admissions; ends when nobody holds a permit any more, at the latest after the drain time.
  package func drain() { endingContinuation.yield(.drain) }

  /// Ends at once: what is held ends as abandoned.
  package func stop() { endingContinuation.yield(.stop) }

  /// Puts another policy in force.
  ///
  /// - Parameter unapplied: sections of its file that have changed and count after a restart; for INFO.
  /// - Throws: ``DaemonError`` when it cannot be: another domain, or an unknown time zone. The old one stays then.
  package func reload(_ policy: Policy, unapplied: [String] = []) async throws {
    guard policy.domain == settings.policy.domain else {
      throw DaemonError(
        .configuration, "`domain` cannot be changed while limiterd runs, because permits belong to it: restart limiterd"
      )
    }
    guard let active = ActivePolicy(policy) else {
      throw DaemonError(.configuration, "expected an IANA time zone such as `America/New_York`, got another name")
    }
    try await loop.submit { [core] in
      core.value.apply(active)
      core.value.unappliedSections = unapplied
    }.get()
  }

  /// A policy was refused; for INFO.
  package func reloadWasRefused() {
    loop.execute { [core] in core.value.counters.reloadsRefused += 1 }
  }

  /// Drains as long as nobody wants the end at once.
  private func waitForEnd(closing listener: Listener) async {
    var isDraining = false
    for await ending in endings {
      guard case .drain = ending, !isDraining else { return }
      isDraining = true
      await listener.close()
      let drained = loop.makePromise(of: Void.self)
      let deadline = NIODeadline.now() + TimeAmount(settings.server.drain - timeToSayGoodbye * 2)
      loop.execute { [core] in core.value.drain(until: deadline, done: drained) }
      drained.futureResult.whenComplete { [endingContinuation] _ in endingContinuation.yield(.stop) }
    }
  }

  /// For what waits to be settled, and again for the end of the session: part of the drain's time.
  private var timeToSayGoodbye: Duration {
    max(.milliseconds(250), min(settings.server.drain / 8, .seconds(1)))
  }

  private func end() async {
    let done = loop.makePromise(of: Void.self)
    let goodbye = timeToSayGoodbye
    loop.execute { [core] in core.value.stop(within: TimeAmount(goodbye), done: done) }
    try? await done.futureResult.get()
    loop.execute { [core, owner] in
      core.value.closeConnections()
      owner.value.core = nil
    }
    stopped.succeed()
  }

  private static func events(
    _ owner: NIOLoopBound<RunningCore>, _ logger: Logger, _ client: RedisClient
  ) -> EngineEvents {
    let logged = EngineEvents.logged(by: logger, client, connected: (.info, "connected to Redis"))
    var events = logged
    events.sessionLost = { session in
      owner.value.core?.counters.redisSessionsLost += 1
      logged.sessionLost(session)
    }
    events.stateLost = {
      owner.value.core?.counters.statesLost += 1
      logged.stateLost()
    }
    events.forgotten = { lane, permits in
      owner.value.core?.counters.permitsToldAgain += Int64(permits)
      logged.forgotten(lane, permits)
    }
    events.degraded = { error in
      owner.value.core?.counters.degradations += 1
      logged.degraded(error)
    }
    events.holdEnded = { owner.value.core?.holdEnded($0) }
    events.holdExpired = { owner.value.core?.holdExpired($0) }
    return events
  }
}

/// The core owns the engine, whose events lead back to it while the daemon runs.
private final class RunningCore {
  var core: DaemonCore?
}
