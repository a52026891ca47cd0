internal import Hiredis
internal import LimiterCore
package import Logging
package import NIOCore
internal import RedisClient
internal import ServiceLifecycle
internal import Synchronization

/// Decisions of a limiterd: the edge of ``SidecarCore``, where tasks wait.
package final class SidecarLimiter: LimiterBackend {
  let core: NIOLoopBoundBox<SidecarCore>
  package let eventLoop: any EventLoop
  private let connection: RedisConfiguration
  package let logger: Logger
  private let hasBegun = Mutex(false)

  package init(_ settings: SidecarSettings, eventLoop: any EventLoop, logger: Logger) {
    self.eventLoop = eventLoop
    self.logger = logger
    connection = settings.connection
    let name = "\(Self.readable(settings.name)).\(String(UInt64.random(in: .min ... .max), radix: 36))"
    core = NIOLoopBoundBox.makeBoxSendingValue(
      SidecarCore(settings, session: name, eventLoop: eventLoop, logger: logger), eventLoop: eventLoop)
  }

  private static func readable(_ name: String) -> String {
    var readable = ""
    for character in name where readable.utf8.count + character.utf8.count <= SidecarBounds.name {
      readable.append(character)
    }
    return readable.isEmpty ? "worker" : readable
  }

  func onLoop(_ action: @escaping @Sendable (SidecarCore) -> Void) {
    eventLoop.execute { action(self.core.value) }
  }

  // MARK: Life

  package func run() async throws {
    try begin()
    try await withGracefulShutdownHandler {
      try await withTaskCancellationHandler {
        try await keepRunning()
      } onCancel: {
        onLoop { $0.stopAtOnce() }
      }
    } onGracefulShutdown: {
      self.onLoop { $0.stop() }
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
    let connector: Connector
    do { connector = try Connector(connection) } catch {
      let reason = LimiterError.noConnection(error, connection.address)
      onLoop { $0.stopAtOnce(because: reason) }
      throw error
    }
    let end = eventLoop.makePromise(of: Void.self)
    onLoop { $0.start(connector, end: end) }
    try await end.futureResult.get()
  }

  package func withRunning<Result: Sendable>(
    _ body: @Sendable () async throws -> Result
  ) async throws -> Result {
    try begin()
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await self.keepRunning() }
      let result: Swift.Result<Result, any Error>
      do { result = .success(try await body()) } catch { result = .failure(error) }
      onLoop { $0.stop() }
      try await group.waitForAll()
      return try result.get()
    }
  }
}
