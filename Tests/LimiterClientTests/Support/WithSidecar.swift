import LimiterConfiguration
import LimiterDaemon
import Logging
import NIOCore
import NIOPosix
import PrivateRedis
import RedisClient
import TestSupport

@testable import LimiterClient
import LimiterCore

/// How a limiter of a test gets its decisions.
enum Kind: CaseIterable, Sendable {
  case redis
  case limiterd
}

extension Domain {
  /// A limiterd of this domain, in this process, while `body` runs.
  @discardableResult
  func withDaemon<Result: Sendable>(
    _ change: (inout DaemonSettings) -> Void = { _ in },
    _ body: @escaping @Sendable (Daemon, String) async throws -> Result
  ) async throws -> Result {
    let folder = try GuardedDirectory(named: "sidecar")
    let socket = folder.path + "/d.sock"
    var server = ServerOptions()
    server.socket = socket
    let direct = try settings()
    var settings = DaemonSettings(policy: direct.policy, server: server, redis: direct.redis)
    // A machine that runs many tests may be busy for longer than Redis may be silent.
    settings.answerTime = .seconds(20)
    settings.patience = .seconds(20)
    settings.server.redisSlowAfter = .seconds(20)
    change(&settings)
    let daemon = try await Daemon.make(
      settings, eventLoop: MultiThreadedEventLoopGroup.singleton.next(), logger: .quiet)
    let listening = Recorder<Int?>()
    let result = try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await daemon.run { listening.record($0) } }
      let result: Swift.Result<Result, any Error>
      do {
        _ = try await listening.wait(count: 1)
        result = .success(try await body(daemon, socket))
      } catch { result = .failure(error) }
      daemon.stop()
      try await group.waitForAll()
      return try result.get()
    }
    withExtendedLifetime(folder) {}
    return result
  }

  /// A client of this domain, of either kind, while `body` runs.
  @discardableResult
  func withClient<Result: Sendable>(
    _ kind: Kind, _ body: @escaping @Sendable (LimiterClient) async throws -> Result
  ) async throws -> Result {
    switch kind {
    case .redis: return try await LimiterClient.withClient(.redis(try settings()), logger: .quiet, body)
    case .limiterd:
      return try await withDaemon { _, socket in
        try await LimiterClient.withClient(.limiterd(.test(socket)), logger: .quiet, body)
      }
    }
  }
}

extension SidecarSettings {
  /// A limiterd that comes back is to be seen at once.
  static func test(_ socket: String, grace: Duration = .seconds(10)) -> SidecarSettings {
    var settings = SidecarSettings(socket: socket, name: "test")
    settings.connection.reconnect = RedisReconnect(base: .milliseconds(20), cap: .milliseconds(200))
    settings.grace = grace
    settings.patience = .seconds(20)
    return settings
  }
}

/// A domain of its own on the shared Redis, a client of it, and its keys.
@discardableResult
func withDomain<Result: Sendable>(
  _ kind: Kind, _ limits: [LimitRule], timeToLive: Duration = .seconds(10), hold: Duration = .seconds(600),
  _ body: @escaping @Sendable (LimiterClient, DomainKeys, Domain) async throws -> Result
) async throws -> Result {
  var domain = Domain(limits, on: try await SharedRedis.url)
  domain.timeToLive = timeToLive
  domain.hold = hold
  return try await domain.withKeys { [domain] keys in
    try await domain.withClient(kind) { try await body($0, keys, domain) }
  }
}

extension LimiterClient {
  /// A permit, which must be there.
  func permit(_ request: AdmissionRequest = call(), waitingUpTo longest: Duration = .zero) async throws -> Permit {
    switch try await acquire(request, waitingUpTo: longest) {
    case .granted(let permit): return permit
    case .denied(let denial): throw Unexpected(description: "expected a permit, got: \(denial)")
    }
  }

  /// A denial, which must be it.
  func denial(_ request: AdmissionRequest, waitingUpTo longest: Duration = .zero) async throws -> Denial {
    switch try await acquire(request, waitingUpTo: longest) {
    case .denied(let denial): return denial
    case .granted: throw Unexpected(description: "expected a denial, got a permit")
    }
  }

  /// Calls of this process that have no answer yet.
  var waiting: Int {
    get async {
      switch backend {
      case let limiter as Limiter: await limiter.waiting
      case let sidecar as SidecarLimiter: await sidecar.waiting
      default: -1
      }
    }
  }
}

extension SidecarLimiter {
  var waiting: Int {
    get async {
      let count = try? await eventLoop.submit { self.core.value.commands.values.count { !$0.isForgotten } }.get()
      return count ?? -1
    }
  }
}
