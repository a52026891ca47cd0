import Hiredis
import Logging
import NIOCore
import NIOPosix
import RedisClient
import Testing

/// A client that runs while `body` does.
func withClient<Value: Sendable>(
  _ configuration: RedisConfiguration, _ body: @Sendable (RedisClient) async throws -> Value
) async throws -> Value {
  let client = RedisClient(
    configuration: configuration, eventLoop: MultiThreadedEventLoopGroup.singleton.next(), logger: .quiet)
  return try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await client.run() }
    let value = try await body(client)
    group.cancelAll()
    try await group.waitForAll()
    return value
  }
}

func withClient<Value: Sendable>(
  _ url: String, _ body: @Sendable (RedisClient) async throws -> Value
) async throws -> Value {
  try await withClient(RedisConfiguration(url: url), body)
}

/// The error that `body` throws.
func redisError(_ body: () async throws -> Void) async -> RedisError? {
  do {
    try await body()
    return nil
  } catch {
    if !(error is RedisError) { Issue.record(error) }
    return error as? RedisError
  }
}

extension Logger {
  static var quiet: Logger {
    Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() })
  }
}

extension RedisClient {
  /// Sends a command and returns when its bytes are with the kernel (or it waits for a connection); the reply comes later.
  func begin(
    _ arguments: [CommandArgument], timeout: TimeAmount = .seconds(5)
  ) async throws -> EventLoopFuture<Reply> {
    let reply = try await eventLoop.submit { [self] in
      let promise = eventLoop.makePromise(of: Reply.self)
      send(arguments, deadline: .now() + timeout, promise: promise)
      return promise.futureResult
    }.get()
    try await settle()
    return reply
  }

  /// Returns when the event loop has done all that it was told so far.
  func settle() async throws {
    for _ in 0..<2 { try await eventLoop.submit {}.get() }
  }

  /// Sends a command and expects its reply.
  func expect(
    _ arguments: [CommandArgument], _ expected: Reply, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let reply = try await send(arguments)
    #expect(reply == expected, sourceLocation: sourceLocation)
  }
}
