import Hiredis
import Logging
import NIOCore
import NIOPosix
import PrivateRedis
import RedisClient
import TestSupport
import Testing

@Suite("The life of a client")
struct LifeTests {
  private func client(_ url: String) throws -> RedisClient {
    RedisClient(
      configuration: try RedisConfiguration(url: url), eventLoop: MultiThreadedEventLoopGroup.singleton.next(),
      logger: .quiet)
  }

  @Test func runReturnsWhenItIsCancelled() async throws {
    let client = try await client(SharedRedis.url)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await client.run() }
      try await client.expect(["PING"], .status("PONG"))
      group.cancelAll()
      try await group.waitForAll()
    }
    guard case .stopped(nil) = client.state else {
      Issue.record("expected stopped, got \(client.state)")
      return
    }
    let error = await redisError { _ = try await client.send(["PING"]) }
    #expect(error?.code == .stopped && error?.outcome == .notSent)
  }

  @Test func runReturnsWhenItWasCancelledBefore() async throws {
    let client = try client("unix:///tmp/no-such-redis.sock")
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      try await client.run()
    }
    try await task.value
  }

  @Test func runEndsInTheMiddleOfReconnecting() async throws {
    try await withClient("unix:///tmp/no-such-redis.sock") { client in
      try await eventually("an attempt has failed") { client.state.lastError != nil }
    }
  }

  @Test func runMayBeCalledOnce() async throws {
    try await withClient(SharedRedis.url) { client in
      try await client.waitUntilConnected(within: .seconds(30))
      let error = await redisError { try await client.run() }
      #expect(error?.code == .stopped)
      // And has not ended the first one.
      try await client.settle()
      try await client.expect(["PING"], .status("PONG"))
    }
  }

  @Test func commandsBeforeRunWaitForIt() async throws {
    let client = try await client(SharedRedis.url)
    #expect(!client.state.isReady)
    try await withThrowingTaskGroup(of: Void.self) { group in
      async let reply = client.send(["ECHO", "early"])
      group.addTask { try await client.run() }
      let early = try await reply
      #expect(early == .bulk(Array("early".utf8)))
      group.cancelAll()
    }
  }

  @Test("what is under way when run() is cancelled is still answered")
  func drains() async throws {
    try await withRedis { server in
      var configuration = try RedisConfiguration(url: server.socketURL)
      configuration.drainTimeout = .seconds(30)
      let client = RedisClient(
        configuration: configuration, eventLoop: MultiThreadedEventLoopGroup.singleton.next(), logger: .quiet)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await client.run() }
        try await client.waitUntilConnected(within: .seconds(30))
        try server.pause()
        let reply = try await client.begin(["ECHO", "last"])
        group.cancelAll()
        try await client.settle()
        let late = await redisError { _ = try await client.send(["ECHO", "late"]) }
        #expect(late == nil || late?.outcome == .notSent)
        try server.resume()
        let last = try await reply.get()
        #expect(last == .bulk(Array("last".utf8)))
      }
    }
  }

  @Test("a server that does not answer cannot keep run() from ending")
  func drainIsBounded() async throws {
    try await withRedis { server in
      var configuration = try RedisConfiguration(url: server.socketURL)
      configuration.drainTimeout = .milliseconds(50)
      let client = RedisClient(
        configuration: configuration, eventLoop: MultiThreadedEventLoopGroup.singleton.next(), logger: .quiet)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await client.run() }
        try await client.waitUntilConnected(within: .seconds(30))
        try server.pause()
        let reply = try await client.begin(["ECHO", "last"], timeout: .seconds(60))
        group.cancelAll()
        let error = await redisError { _ = try await reply.get() }
        #expect(error?.code == .stopped && error?.outcome == .unknown)
        try await group.waitForAll()
      }
    }
  }

  @Test func theEventLoopFunctionsStayOnTheLoop() async throws {
    try await withClient(SharedRedis.url) { client in
      let script = RedisScript(name: "echo", source: "return ARGV[1]")
      let reply = try await client.eventLoop.flatSubmit {
        let promise = client.eventLoop.makePromise(of: Reply.self)
        client.evaluate(script, keys: [], arguments: ["x"], deadline: .now() + .seconds(5), promise: promise)
        return promise.futureResult.map { reply in
          client.eventLoop.preconditionInEventLoop()
          return reply
        }
      }.get()
      #expect(reply == .bulk(Array("x".utf8)))
      let refused = await redisError {
        _ = try await client.eventLoop.flatSubmit {
          let promise = client.eventLoop.makePromise(of: Reply.self)
          client.send(["MULTI"], deadline: .now() + .seconds(5), promise: promise)
          return promise.futureResult
        }.get()
      }
      #expect(refused?.code == .unsupportedCommand)
    }
  }

  @Test func cancelledCallersOfWaitUntilConnectedLeaveAtOnce() async throws {
    let client = try client("unix:///tmp/no-such-redis.sock")
    let task = Task { await redisError { try await client.waitUntilConnected(within: .seconds(600)) } }
    task.cancel()
    #expect(await task.value?.code == .cancelled)
  }
}
