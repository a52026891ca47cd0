public import Logging
public import NIOCore

/// A client of one Redis node: all callers share one pipelined connection, kept alive by ``run()``, and all subscriptions
/// share a second one.
///
/// ```swift
/// let client = RedisClient(configuration: try RedisConfiguration(url: "redis://localhost"), eventLoop: loop, logger: logger)
/// try await withThrowingTaskGroup { group in
///   group.addTask { try await client.run() }
///   let reply = try await client.send(["INCR", "counter"])
///   group.cancelAll()
/// }
/// ```
///
/// **Order.** Commands run in the order in which they reach the event loop, with one exception: a script that Redis has
/// forgotten is loaded and sent again, so commands that were sent after it may run before it.
///
/// **Cancellation** of a caller ends its waiting at once. A command that was already sent still runs; its reply is dropped.
///
/// **A timeout costs all callers their connection**: replies are matched by order, so after a missing one nobody could
/// say which reply belongs to whom. Do not send commands that block (BLPOP, WAIT ...) over a shared connection.
public final class RedisClient: Sendable {
  /// What the client was made with.
  public let configuration: RedisConfiguration
  /// Where everything happens; call the promise-based functions here.
  public let eventLoop: any EventLoop

  let core: NIOLoopBoundBox<ClientCore>
  private let shared = SharedState()

  /// Makes a client; nothing happens before ``run()``.
  ///
  /// - Parameters:
  ///   - configuration: Address, credentials, bounds.
  ///   - eventLoop: A loop of a `MultiThreadedEventLoopGroup`; connection, parsing and timers stay on it.
  ///   - logger: Hears of lost connections (warning) and of new ones (debug).
  public init(configuration: RedisConfiguration, eventLoop: any EventLoop, logger: Logger) {
    self.configuration = configuration
    self.eventLoop = eventLoop
    let core = ClientCore(configuration: configuration, eventLoop: eventLoop, logger: logger, shared: shared)
    self.core = NIOLoopBoundBox.makeBoxSendingValue(core, eventLoop: eventLoop)
  }

  /// Whether there is a connection, and if not, why. From any thread; costs one lock.
  public var state: RedisClientState { shared.state }

  /// Redis' `maxmemory-policy` as of the last connect; `nil`: not connected, or the ACL user may read neither INFO nor CONFIG.
  /// Anything but `noeviction` means that Redis may forget keys when its memory is full.
  public var evictionPolicy: String? {
    if case .ready(let policy) = state { policy } else { nil }
  }

  /// How many connections there have been; read on the event loop. A new one may lead to another Redis, one that has lost some of what the last
  /// one had confirmed.
  package var connections: Int { core.value.connections }

  /// Keeps the connection until the task is cancelled; call it once.
  ///
  /// On cancellation, new commands are refused, replies of sent ones are waited for (`drainTimeout`), and it returns.
  ///
  /// - Throws: ``RedisError`` when the first connection cannot be made however often it is tried: a password is missing or wrong, the
  ///   ACL user may not load scripts, the database does not exist, a certificate file cannot be read. A Redis that is away is
  ///   no reason to end, nor is one that refuses us later: it is tried again until it does not.
  public func run() async throws {
    let stop = eventLoop.makePromise(of: Void.self)
    try await withTaskCancellationHandler {
      // Succeeded twice is succeeded once; never, and the promise would be leaked.
      defer { stop.succeed() }
      try await run(until: stop.futureResult)
    } onCancel: {
      stop.succeed()
    }
  }

  /// As ``run()``, but until `stop` completes, also when the task is cancelled: for owners that have to say goodbye.
  package func run(until stop: EventLoopFuture<Void>) async throws {
    let connector: Connector
    do { connector = try Connector(configuration) } catch {
      eventLoop.execute { self.core.value.linkCannotStart(error) }
      throw error
    }
    let end = eventLoop.makePromise(of: Void.self)
    eventLoop.execute {
      // Who is turned away must not stop what another has begun.
      guard self.core.value.start(connector, end: end) else { return }
      stop.whenComplete { _ in self.eventLoop.execute { self.core.value.stop() } }
    }
    try await end.futureResult.get()
  }

  /// Returns when there is a connection.
  ///
  /// - Parameters:
  ///   - limit: How long to wait.
  ///   - failFast: Throw as soon as one attempt has failed.
  /// - Throws: the error of the last attempt, or a ``RedisError`` with the code `timeout`, `cancelled` or `stopped`.
  public func waitUntilConnected(within limit: Duration, failFast: Bool = false) async throws {
    let promise = eventLoop.makePromise(of: Void.self)
    let ticket = NIOLoopBoundBox<WaiterTicket>.makeBoxSendingValue(.new, eventLoop: eventLoop)
    let deadline = eventLoop.deadline(in: limit)
    try await withTaskCancellationHandler {
      eventLoop.execute {
        if case .cancelled = ticket.value { return promise.fail(Self.cancelled) }
        let id = self.core.value.awaitConnection(until: deadline, failsFast: failFast, promise: promise)
        if let id { ticket.value = .waiting(id) }
      }
      try await promise.futureResult.get()
    } onCancel: {
      eventLoop.execute {
        if case .waiting(let id) = ticket.value { self.core.value.cancelWaiter(id) } else { ticket.value = .cancelled }
      }
    }
  }

  static let cancelled = RedisError(
    .cancelled, "The caller was cancelled.", outcome: .notSent, cause: CancellationError())

  private enum WaiterTicket {
    case new
    case waiting(UInt64)
    case cancelled
  }
}
