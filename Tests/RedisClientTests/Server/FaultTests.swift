import Hiredis
import NIOCore
import PrivateRedis
import RedisClient
import TestSupport
import Testing

@Suite("When the server fails")
struct FaultTests {
  @Test("paused: the connection is discarded, and no reply of it is ever given to somebody else")
  func paused() async throws {
    try await withRedis { server in
      try await withClient(server.socketURL) { client in
        let before = try await client.send(["CLIENT", "ID"]).int
        try server.pause()
        let long = try await client.begin(["ECHO", "long"], timeout: .seconds(60))
        let soon = try await client.begin(["ECHO", "short"], timeout: .milliseconds(150))
        let short = await redisError { _ = try await soon.get() }
        #expect(short?.code == .timeout && short?.outcome == .unknown)
        let discarded = await redisError { _ = try await long.get() }
        #expect(discarded?.code == .connectionLost && discarded?.outcome == .unknown)
        #expect((discarded?.cause as? RedisError)?.code == .timeout)
        // The old connection's replies come now, to nobody.
        try server.resume()
        for round in 0..<50 { try await client.expect(["ECHO", .init("\(round)")], .bulk(Array("\(round)".utf8))) }
        let after = try await client.send(["CLIENT", "ID"]).int
        #expect(before != after)
      }
    }
  }

  @Test("paused while nothing is sent: nobody notices")
  func pausedAtRest() async throws {
    try await withRedis { server in
      try await withClient(server.socketURL) { client in
        let before = try await client.send(["CLIENT", "ID"])
        try server.pause()
        let reply = try await client.begin(["CLIENT", "ID"])
        try server.resume()
        let after = try await reply.get()
        #expect(after == before)
      }
    }
  }

  @Test("killed: what was sent has an unknown outcome, what comes later waits for the restart")
  func killed() async throws {
    try await withRedis { server in
      try await withClient(server.socketURL) { client in
        try await client.expect(["SET", "k", "v"], .status("OK"))
        try server.pause()
        let inFlight = try await client.begin(["GET", "k"])
        await server.kill()
        let error = await redisError { _ = try await inFlight.get() }
        #expect(error?.code == .connectionLost && error?.outcome == .unknown)
        async let later = client.send(["GET", "k"], timeout: .seconds(20))
        try await server.restart()
        let reply = try await later
        #expect(reply == .bulk(Array("v".utf8)))
      }
    }
  }

  @Test("restarted: scripts are loaded again before the first command")
  func restartedWithScripts() async throws {
    let script = RedisScript(name: "one", source: "return ARGV[1]")
    try await withRedis { server in
      var configuration = try RedisConfiguration(url: server.socketURL)
      configuration.scripts = [script]
      try await withClient(configuration) { client in
        for round in 0..<3 {
          try await eventually("evaluate") {
            (try? await client.evaluate(script, keys: [], arguments: [.init("\(round)")]))?.int == Int64(round)
          }
          await server.kill()
          try await server.restart()
          try await client.waitUntilConnected(within: .seconds(10))
          // Nobody called it yet, and it is there.
          try await eventually("loaded") {
            (try? await client.send(["SCRIPT", "EXISTS", .init(script.sha1)])) == .array([.integer(1)])
          }
        }
      }
    }
  }

  @Test func theStateTellsWhatGoesOn() async throws {
    try await withRedis { server in
      try await withClient(server.socketURL) { client in
        try await client.waitUntilConnected(within: .seconds(30))
        #expect(client.state.isReady && client.state.lastError == nil)
        await server.kill()
        try await eventually("the loss is seen") { !client.state.isReady }
        try await eventually("the cause is known") { client.state.lastError?.code == .noServer }
        let fast = await redisError { try await client.waitUntilConnected(within: .seconds(60), failFast: true) }
        #expect(fast?.code == .noServer, "an impatient caller hears the last cause at once")
        let slow = await redisError { try await client.waitUntilConnected(within: .milliseconds(50)) }
        #expect(slow?.code == .noServer)
        try await server.restart()
        try await client.waitUntilConnected(within: .seconds(10))
        #expect(client.state.lastError == nil)
      }
    }
  }

  @Test("a password that is demanded at a reconnect is an outage, and over when it is not any more")
  func refusedLater() async throws {
    try await withRedis { server in
      var configuration = try RedisConfiguration(url: server.socketURL)
      configuration.reconnect = RedisReconnect(base: .milliseconds(10), cap: .milliseconds(50))
      try await withClient(configuration) { client in
        let subscription = try await client.subscribe(to: ["news"])
        try await client.expect(["PING"], .status("PONG"))
        let cli = ["-s", server.socketPath]
        try await runCommand("redis-cli", cli + ["CONFIG", "SET", "requirepass", "secret"])
        for type in ["pubsub", "normal"] {
          try await runCommand("redis-cli", cli + ["-a", "secret", "CLIENT", "KILL", "TYPE", type])
        }
        try await eventually("it is refused") { client.state.lastError?.code == .authenticationRequired }
        let late = await redisError { _ = try await client.send(["PING"], timeout: .milliseconds(200)) }
        #expect(late?.code == .timeout && (late?.cause as? RedisError)?.code == .authenticationRequired)
        try await runCommand("redis-cli", cli + ["-a", "secret", "CONFIG", "SET", "requirepass", ""])
        try await client.waitUntilConnected(within: .seconds(30))
        // The subscriptions, too.
        try await eventually("somebody hears it") { try await client.send(["PUBLISH", "news", "x"]) == .integer(1) }
        withExtendedLifetime(subscription) {}
      }
    }
  }

  @Test("LOADING: a server that still reads its data is waited for")
  func loading() async throws {
    try await withRedis(
      .init(extraLines: [
        "enable-debug-command yes", "key-load-delay 300", "loading-process-events-interval-bytes 1024",
      ])
    ) { server in
      try await withClient(server.socketURL) { client in
        _ = try await client.send(["DEBUG", "POPULATE", "3000"])
        _ = try await client.send(["CONFIG", "SET", "appendonly", "no"])
        // DEBUG RELOAD saves, and loads with 300 us a key; other connections hear LOADING meanwhile.
        let reload = try await client.begin(["DEBUG", "RELOAD"], timeout: .seconds(30))
        let url = server.socketURL
        try await eventually("LOADING") {
          try await withClient(url) { other in
            let error = await redisError { try await other.waitUntilConnected(within: .seconds(30), failFast: true) }
            guard error?.code == .loading else { return false }
            #expect(error?.retry == .later && error?.isFatal == false)
            try await other.expect(["DBSIZE"], .integer(3_000))
            return true
          }
        }
        _ = try await reload.get()
      }
    }
  }
}
