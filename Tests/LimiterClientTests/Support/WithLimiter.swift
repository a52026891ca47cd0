@testable import LimiterClient
import LimiterCore
@testable import LimiterRedis
import Logging
import NIOCore
import NIOPosix
import RedisClient
import TestSupport

/// Limiters of one domain on one Redis, and an eye on its keys.
struct Domain: Sendable {
  let name = uniqueDomain("client")
  let url: String
  let limits: [LimitRule]
  var timeToLive: Duration = .seconds(10)
  var hold: Duration = .seconds(600)
  var required: [ScopeKey] = []

  init(_ limits: [LimitRule], on url: String) {
    self.url = url
    self.limits = limits
  }

  func settings(_ change: (inout LimiterSettings) -> Void = { _ in }) throws -> LimiterSettings {
    var redis = try RedisConfiguration(url: url)
    // A Redis that comes back is to be seen at once.
    redis.reconnect = RedisReconnect(base: .milliseconds(20), cap: .milliseconds(200))
    var settings = LimiterSettings(
      policy: TestPolicy.policy(name, timeToLive: timeToLive, hold: hold, required: required, limits), redis: redis,
      name: "test")
    // A machine that runs many tests may be busy for longer than Redis may be silent.
    settings.slowAfter = .seconds(20)
    change(&settings)
    return settings
  }

  /// A limiter that runs while `body` does.
  @discardableResult
  func withLimiter<Result: Sendable>(
    logger: Logger = .quiet, _ change: (inout LimiterSettings) -> Void = { _ in },
    _ body: @Sendable (Limiter) async throws -> Result
  ) async throws -> Result {
    try await Limiter.withLimiter(try settings(change), logger: logger, body)
  }

  @discardableResult
  func withKeys<Result: Sendable>(_ body: @Sendable (DomainKeys) async throws -> Result) async throws -> Result {
    let client = RedisClient(
      configuration: try RedisConfiguration(url: url), eventLoop: MultiThreadedEventLoopGroup.singleton.next(),
      logger: .quiet)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await client.run() }
      let result: Swift.Result<Result, any Error>
      do { result = .success(try await body(DomainKeys(domain: name, client: client))) } catch {
        result = .failure(error)
      }
      group.cancelAll()
      try await group.waitForAll()
      return try result.get()
    }
  }
}

/// A domain of its own on the shared Redis, a limiter of it, and its keys.
@discardableResult
func withDomain<Result: Sendable>(
  _ limits: [LimitRule], timeToLive: Duration = .seconds(10), hold: Duration = .seconds(600),
  _ body: @Sendable (Limiter, DomainKeys, Domain) async throws -> Result
) async throws -> Result {
  var domain = Domain(limits, on: try await SharedRedis.url)
  domain.timeToLive = timeToLive
  domain.hold = hold
  return try await domain.withKeys { [domain] keys in
    try await domain.withLimiter { try await body($0, keys, domain) }
  }
}

extension Limiter {
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
}

extension Limiter {
  /// Takes five tokens, and with the answer the server's time: what is asked for from now on comes later than what was asked for by others before,
  /// by the ranks as well. A process knows that time too early by the way of the last answer, which may have been long.
  func learnTheTime() async throws { _ = try await permit(call(tokens: 5)) }
}

struct Unexpected: Error, CustomStringConvertible { let description: String }

/// The error of the library that `body` throws.
func limiterError(_ body: () async throws -> Void) async throws -> LimiterError {
  do { try await body() } catch let error as LimiterError { return error }
  throw Unexpected(description: "expected a LimiterError, nothing was thrown")
}

extension Logger {
  static var quiet: Logger { Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() }) }

  /// Everything that is logged from `info` on, as text.
  static func recording(into recorder: Recorder<String>) -> Logger {
    Logger(label: "tests", factory: { _ in RecordingHandler(recorder: recorder) })
  }
}

private struct RecordingHandler: LogHandler {
  let recorder: Recorder<String>
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.info

  func log(event: LogEvent) {
    recorder.record("\(event.level): \(event.message) \(event.metadata ?? [:])")
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }
}

extension Limiter {
  /// Calls of this process that have no answer yet.
  var waiting: Int {
    get async { (try? await eventLoop.submit { self.engine.value.calls.count }.get()) ?? -1 }
  }
}
