import Hiredis
import Logging
import NIOCore
import NIOPosix
import PrivateRedis
import RedisClient
import TestSupport
import Testing

@testable import FaultTrials

/// Each fault of the proxy before a real Redis: what it does, what it does not, and that it ends.
@Suite struct FaultProxyTests {
  private func withProxy(_ body: @Sendable (FaultProxy, String) async throws -> Void) async throws {
    let folder = try GuardedDirectory(named: "proxy")
    let url = try await SharedRedis.url
    let proxy = try await FaultProxy(
      at: .unix(folder.path + "/p.sock"), to: .unix(String(url.dropFirst("unix://".count))))
    do { try await body(proxy, "unix://\(folder.path)/p.sock") } catch {
      await proxy.close()
      throw error
    }
    await proxy.close()
  }

  private func withClient<Result: Sendable>(
    _ url: String, timeout: Duration = .seconds(20), _ body: @Sendable (RedisClient) async throws -> Result
  ) async throws -> Result {
    var configuration = try RedisConfiguration(url: url)
    configuration.commandTimeout = timeout
    configuration.reconnect = RedisReconnect(base: .milliseconds(5), cap: .milliseconds(20))
    let client = RedisClient(
      configuration: configuration, eventLoop: MultiThreadedEventLoopGroup.singleton.next(),
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await client.run() }
      defer { group.cancelAll() }
      return try await body(client)
    }
  }

  private func connected(_ client: RedisClient) async throws {
    try await client.waitUntilConnected(within: .seconds(20))
    #expect(try await client.send(["PING"]) == .status("PONG"))
  }

  @Test func aGoodNetworkPassesEverything() async throws {
    try await withProxy { proxy, url async throws in
      try await withClient(url) { client async throws in
        let (key, value) = (CommandArgument(uniqueDomain()), String(repeating: "x", count: 200_000))
        #expect(try await client.send(["SET", key, .init(value)]) == .status("OK"))
        #expect(try await client.send(["GET", key]).string == value)
      }
      #expect(proxy.counts.connections == 1 && proxy.counts.lostReplies == 0 && proxy.counts.cuts == 0)
    }
  }

  @Test func delayIsPaidInBothDirections() async throws {
    try await withProxy { proxy, url async throws in
      try await withClient(url) { client async throws in
        try await connected(client)
        proxy.faults.delay = .milliseconds(60)
        let slow = try await ContinuousClock().measure { _ = try await client.send(["PING"]) }
        #expect(slow >= .milliseconds(120))
        proxy.faults = LinkFaults()
        _ = try await client.send(["PING"])
      }
    }
  }

  @Test func aSlowDripArrivesWhole() async throws {
    try await withProxy { proxy, url async throws in
      try await withClient(url) { client async throws in
        try await connected(client)
        let key = CommandArgument(uniqueDomain())
        _ = try await client.send(["SET", key, .init(String(repeating: "y", count: 300))])
        proxy.faults.dripBytes = 3
        var value: String?
        let time = try await ContinuousClock().measure { value = try await client.send(["GET", key]).string }
        #expect(value?.count == 300 && time >= .milliseconds(100))
      }
    }
  }

  @Test func aStallLosesNothing() async throws {
    try await withProxy { proxy, url async throws in
      try await withClient(url) { client async throws in
        try await connected(client)
        let key = CommandArgument(uniqueDomain())
        proxy.faults.isStalled = true
        async let count = client.send(["INCR", key])
        try await eventually("the proxy holds it back") { proxy.counts.held == 1 }
        try await withClient(try await SharedRedis.url) { direct async throws in
          #expect(try await direct.send(["EXISTS", key]) == .integer(0))
        }
        proxy.faults.isStalled = false
        let counted = try await count
        #expect(counted == .integer(1))
      }
      #expect(proxy.counts.cuts == 0)
    }
  }

  @Test func whatWasOnItsWayNeverArrivesAndTheConnectionStaysOpen() async throws {
    try await withProxy { proxy, url async throws in
      // Only this one may find out soon that nothing comes.
      try await withClient(url, timeout: .milliseconds(300)) { client async throws in
        try await client.waitUntilConnected(within: .seconds(20))
        proxy.silence()
        let key = CommandArgument(uniqueDomain())
        let error = await #expect(throws: RedisError.self) { _ = try await client.send(["INCR", key]) }
        #expect(error?.code == .timeout)
        // The next connection is a good one.
        try await eventually("it answers") { (try? await client.send(["PING"])) == .status("PONG") }
        try await withClient(url) { other async throws in
          #expect(try await other.send(["EXISTS", key]) == .integer(0))
        }
      }
    }
  }

  @Test func aHalfOpenConnectionIsAcceptedAndSilent() async throws {
    try await withProxy { proxy, url async throws in
      proxy.faults.isHalfOpen = true
      try await withClient(url) { client async throws in
        try await eventually("it is accepted") { proxy.counts.connections == 1 }
        #expect(!client.state.isReady)
        proxy.faults = LinkFaults()
        proxy.cut()
        try await connected(client)
      }
    }
  }

  @Test func aRefusedConnectionIsTriedAgain() async throws {
    try await withProxy { proxy, url async throws in
      proxy.faults.isRefusing = true
      try await withClient(url) { client async throws in
        try await eventually("it is tried again") { proxy.counts.connections > 3 }
        proxy.faults = LinkFaults()
        try await connected(client)
      }
      #expect(proxy.counts.cuts >= 3)
    }
  }

  @Test func aResetIsSeenAsOne() async throws {
    try await withRedis(.init(appendOnly: false)) { server in
      let proxy = try await FaultProxy(at: .tcp(0), to: .unix(server.socketPath))
      guard case .tcp(let port) = proxy.place else { throw DidNotHappen(description: "a port") }
      try await withClient("redis://127.0.0.1:\(port)") { client async throws in
        try await connected(client)
        proxy.faults.isStalled = true
        async let lost = client.send(["PING"])
        try await eventually("the proxy holds it back") { proxy.counts.held == 1 }
        proxy.cut(resets: true)
        do {
          _ = try await lost
          Issue.record("its reply was thrown away")
        } catch { #expect("\(error)".contains("104"), "ECONNRESET: \(error)") }
        proxy.faults = LinkFaults()
        try await connected(client)
      }
      await proxy.close()
    }
  }

  @Test func aLostReplyWasExecutedAndIsCounted() async throws {
    try await withProxy { proxy, url async throws in
      try await withClient(url) { client async throws in
        try await connected(client)
        let key = CommandArgument(uniqueDomain())
        // Long enough for the request to come and to be executed, on a machine that is busy.
        proxy.loseReplies(for: .seconds(2))
        let error = await #expect(throws: RedisError.self) { _ = try await client.send(["INCR", key]) }
        #expect(error?.outcome == .unknown)
        try await connected(client)
        #expect(try await client.send(["GET", key]).int == 1)
      }
      #expect(proxy.counts.lostReplies == 1)
    }
  }

  @Test func aDoubledRequestHasItsEffectTwice() async throws {
    try await withProxy { proxy, url async throws in
      proxy.faults.isDoubled = true
      try await withClient(url) { client async throws in
        try await client.waitUntilConnected(within: .seconds(20))
        let key = CommandArgument(uniqueDomain())
        _ = try await client.send(["INCR", key])
        try await eventually("the second one was executed") { try await client.send(["GET", key]).int == 2 }
      }
      #expect(proxy.counts.doubled > 0)
    }
  }

  /// A raw client counts the bytes that it is given before the end.
  @Test func connectionsAreCutAtEveryByte() async throws {
    try await withProxy { proxy, url async throws in
      proxy.faults.cutsAfter = 1
      for cut in 1...9 {
        let bytes = try await ByteReader.read(path: String(url.dropFirst("unix://".count)), sending: "PING\r\nPING\r\n")
        // "+PONG\r\n+PONG\r\n"
        #expect(bytes == cut)
      }
      #expect(proxy.counts.cuts == 9)
    }
  }
}
