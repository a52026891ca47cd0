import Hiredis
import Logging
import NIOCore
import NIOPosix
import PrivateRedis
import RedisClient
import TestSupport
import Testing

@Suite("Bounds")
struct BoundsTests {
  /// A client whose Redis never comes.
  private func lonely(_ configure: (inout RedisConfiguration) -> Void = { _ in }) -> RedisConfiguration {
    var configuration = RedisConfiguration(address: .unix(path: "/tmp/no-such-redis.sock"))
    configure(&configuration)
    return configuration
  }

  @Test func waitingCommandsAreBoundedByCount() async throws {
    try await withClient(lonely { $0.limits.pendingCommands = 3 }) { client in
      let errors = await codes(of: client, count: 5, timeout: .milliseconds(300)) { ["ECHO", .init("\($0)")] }
      #expect(errors.filter { $0 == .tooManyPending }.count == 2)
      #expect(errors.filter { $0 == .timeout }.count == 3)
    }
  }

  @Test func waitingCommandsAreBoundedByBytes() async throws {
    try await withClient(lonely { $0.limits.pendingBytes = 1_000 }) { client in
      let errors = await codes(of: client, count: 3, timeout: .milliseconds(300)) { _ in
        ["ECHO", .init([UInt8](repeating: 7, count: 400))]
      }
      #expect(errors.filter { $0 == .tooManyPending }.count == 1)
    }
  }

  @Test func commandsUnderWayCountToo() async throws {
    try await withRedis { server in
      var configuration = try RedisConfiguration(url: server.socketURL)
      configuration.limits.pendingCommands = 10
      try await withClient(configuration) { client in
        try await client.waitUntilConnected(within: .seconds(30))
        try server.pause()
        var replies: [EventLoopFuture<Reply>] = []
        for number in 0..<15 { replies.append(try await client.begin(["ECHO", .init("\(number)")])) }
        try server.resume()
        for (number, reply) in replies.enumerated() {
          let error = await redisError { _ = try await reply.get() }
          #expect(error?.code == (number < 10 ? nil : .tooManyPending))
        }
        try await client.expect(["PING"], .status("PONG"))
      }
    }
  }

  @Test func cancelledCallersMakeRoom() async throws {
    try await withClient(lonely { $0.limits.pendingCommands = 100 }) { client in
      for _ in 0..<10 {
        // Each time the whole bound, and all of them cancelled.
        let errors = await withTaskGroup(of: RedisError?.self) { group in
          for _ in 0..<100 { group.addTask { await redisError { _ = try await client.send(["PING"]) } } }
          group.cancelAll()
          return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(errors.allSatisfy { $0?.code == .cancelled && $0?.outcome == .notSent })
      }
      // The loop is done with the cancellations when it answers.
      try await client.eventLoop.submit {}.get()
      let error = await redisError { _ = try await client.send(["PING"], timeout: .milliseconds(50)) }
      #expect(error?.code == .timeout)
    }
  }

  @Test func aTimeThatIsOverIsNotBegun() async throws {
    try await withClient(SharedRedis.url) { client in
      for timeout in [Duration.zero, .seconds(-1)] {
        let error = await redisError { _ = try await client.send(["PING"], timeout: timeout) }
        #expect(error?.code == .timeout && error?.outcome == .notSent)
      }
      let reply = try await client.send(["PING"], timeout: .seconds(Int64.max))
      #expect(reply == .status("PONG"))
    }
  }

  private func codes(
    of client: RedisClient, count: Int, timeout: Duration, _ command: @escaping @Sendable (Int) -> [CommandArgument]
  ) async -> [RedisError.Code?] {
    await withTaskGroup(of: RedisError.Code?.self) { group in
      for index in 0..<count {
        group.addTask { await redisError { _ = try await client.send(command(index), timeout: timeout) }?.code }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
  }
}
