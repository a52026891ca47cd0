import Hiredis
import NIOCore
import NIOPosix
import PrivateRedis
import RedisClient
import TestSupport
import Testing

@Suite("Connecting to a real server")
struct ConnectTests {
  @Test func overAUnixSocket() async throws {
    try await withRedis { server in
      try await withClient(server.socketURL + "?name=tests&db=3") { client in
        try await client.expect(["SET", "key", "value"], .status("OK"))
        try await client.expect(["CLIENT", "GETNAME"], .bulk(Array("tests".utf8)))
        #expect(client.evictionPolicy == "noeviction")
        let information = try await client.send(["CLIENT", "INFO"]).string ?? ""
        #expect(information.contains(" db=3 ") && information.contains(" resp=2"))
      }
    }
  }

  @Test func overTCP() async throws {
    try await withRedis(.init(tcp: .free)) { server in
      for host in ["127.0.0.1", "localhost"] {
        let port = try #require(server.port)
        try await withClient("redis://\(host):\(port)") { try await $0.expect(["PING"], .status("PONG")) }
      }
    }
  }

  @Test func withAPassword() async throws {
    try await withRedis(.init(tcp: .free, password: "p@ss/w:rd%")) { server in
      for url in [server.socketURL, try #require(server.tcpURL)] {
        try await withClient(url) { try await $0.expect(["PING"], .status("PONG")) }
      }
    }
  }

  @Test func asAnACLUser() async throws {
    let lines = [AccessControl.user("ann", password: "hunter2", keys: ["a:*"]), AccessControl.noDefaultUser]
    try await withRedis(.init(accessControl: lines)) { server in
      try await withClient("\(server.socketURL)?user=ann&password=hunter2") { client in
        try await client.expect(["ACL", "WHOAMI"], .bulk(Array("ann".utf8)))
        try await client.expect(["SET", "a:1", "x"], .status("OK"))
      }
    }
  }

  @Test("a user with nothing but EVALSHA and SCRIPT LOAD can work, and the eviction policy is unknown")
  func asANarrowUser() async throws {
    let script = RedisScript(name: "get", source: "return redis.call('GET', KEYS[1])")
    let narrow = AccessControl.user(
      "ann", password: "hunter2", commands: ["+evalsha", "+script|load", "+get"])
    try await withRedis(.init(accessControl: [narrow, AccessControl.noDefaultUser])) { server in
      var configuration = try RedisConfiguration(url: "\(server.socketURL)?user=ann&password=hunter2&name=me")
      configuration.scripts = [script]
      try await withClient(configuration) { client in
        let reply = try await client.evaluate(script, keys: ["k"], arguments: [])
        #expect(reply == .null)
        #expect(client.state.isReady)
        #expect(client.evictionPolicy == nil)
      }
    }
  }

  @Test func theEvictionPolicyIsRead() async throws {
    try await withRedis(.init(extraLines: ["maxmemory-policy allkeys-lru"])) { server in
      try await withClient(server.socketURL) { client in
        try await client.waitUntilConnected(within: .seconds(30))
        #expect(client.evictionPolicy == "allkeys-lru")
      }
    }
  }

  @Test("the eviction policy is read by CONFIG where INFO is forbidden")
  func theEvictionPolicyIsReadByConfig() async throws {
    let user = AccessControl.user("ann", password: "hunter2", commands: ["+config|get"])
    try await withRedis(.init(accessControl: [user, AccessControl.noDefaultUser])) { server in
      try await withClient("\(server.socketURL)?user=ann&password=hunter2") { client in
        try await client.waitUntilConnected(within: .seconds(30))
        #expect(client.evictionPolicy == "noeviction")
      }
    }
  }

  // MARK: Refused for good

  @Test func aWrongPasswordEndsRun() async throws {
    try await withRedis(.init(password: "right")) { server in
      let error = try await #require(endOfRun("unix://\(server.socketPath)?password=hunter2"))
      #expect(error.code == .wrongPassword && error.isFatal)
      #expect(error.message.hasPrefix("AUTH failed.") && error.message.contains("requirepass"))
      #expect(!"\(error)".contains("hunter2"))
    }
  }

  @Test func aMissingPasswordEndsRun() async throws {
    try await withRedis(.init(password: "right")) { server in
      let error = try await #require(endOfRun("unix://\(server.socketPath)"))
      #expect(error.code == .authenticationRequired && error.isFatal)
      #expect(error.message.contains("redis://:password@host"))
    }
  }

  @Test func aPasswordThatNobodyAskedForEndsRun() async throws {
    try await withRedis { server in
      let error = try await #require(endOfRun("unix://\(server.socketPath)?password=hunter2"))
      #expect(error.code == .wrongPassword && error.message.contains("Remove it"))
    }
  }

  @Test func aDatabaseThatDoesNotExistEndsRun() async throws {
    try await withRedis { server in
      let error = try await #require(endOfRun("unix://\(server.socketPath)?db=99"))
      #expect(error.code == .invalidConfiguration && error.message.hasPrefix("SELECT 99 failed."))
    }
  }

  @Test func aUserWhoMayNotLoadScriptsEndsRun() async throws {
    let user = AccessControl.user("ann", password: "hunter2", commands: ["+ping", "+evalsha"])
    try await withRedis(.init(accessControl: [user, AccessControl.noDefaultUser])) { server in
      var configuration = try RedisConfiguration(url: "\(server.socketURL)?user=ann&password=hunter2")
      configuration.scripts = [RedisScript(name: "one", source: "return 1")]
      let error = try await #require(endOfRun(configuration))
      #expect(error.code == .noPermission && error.isFatal)
      #expect(error.message.hasPrefix("SCRIPT LOAD (one) failed.") && error.message.contains("ACL SETUSER"))
    }
  }

  @Test func aScriptThatDoesNotCompileIsReported() async throws {
    try await withRedis { server in
      var configuration = try RedisConfiguration(url: server.socketURL)
      configuration.scripts = [RedisScript(name: "broken", source: "return (")]
      try await withClient(configuration) { client in
        let error = await redisError { try await client.waitUntilConnected(within: .seconds(30), failFast: true) }
        #expect(error?.message.hasPrefix("SCRIPT LOAD (broken) failed.") == true)
      }
    }
  }

  // MARK: Not there

  @Test func aMissingSocketSaysHowToGetARedis() async throws {
    try await withClient("unix:///tmp/no-such-redis.sock") { client in
      let error = await redisError { try await client.waitUntilConnected(within: .seconds(30), failFast: true) }
      #expect(error?.code == .noServer && error?.outcome == .notSent)
      #expect(error?.message.contains("apt-get install redis-server") == true)
      #expect(error?.message.contains("docker compose up") == true)
    }
  }

  @Test func aRefusedConnectionSaysHowToGetARedis() async throws {
    try await withRedis(.init(tcp: .free)) { server in
      await server.kill()
      try await withClient(try #require(server.tcpURL)) { client in
        let error = await redisError { try await client.waitUntilConnected(within: .seconds(30), failFast: true) }
        #expect(error?.code == .noServer && error?.message.contains("apt-get install redis-server") == true)
        #expect(error?.description.hasSuffix("(because: Connection refused, errno 111)") == true, "\(error as Any)")
        let late = await redisError { _ = try await client.send(["PING"], timeout: .milliseconds(100)) }
        #expect(late?.code == .timeout && late?.outcome == .notSent)
        #expect((late?.cause as? RedisError)?.code == .noServer, "a timeout while waiting tells the true cause")
        #expect(client.state.lastError?.code == .noServer)
      }
    }
  }

  @Test func anUnknownHostIsCalledSo() async throws {
    try await withClient("redis://no-such-host.invalid") { client in
      let error = await redisError { try await client.waitUntilConnected(within: .seconds(20), failFast: true) }
      #expect(error?.code == .hostNotFound)
      #expect(error?.message.contains("no-such-host.invalid") == true)
    }
  }

  @Test func aServerThatSaysNothingIsLeftAtTheConnectTimeout() async throws {
    let silent = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(
      host: "127.0.0.1", port: 0
    )
    .get()
    defer { silent.close(promise: nil) }
    var configuration = RedisConfiguration(address: .tcp(host: "127.0.0.1", port: silent.localAddress?.port ?? 0))
    configuration.connectTimeout = .milliseconds(200)
    try await withClient(configuration) { client in
      let error = await redisError { try await client.waitUntilConnected(within: .seconds(10), failFast: true) }
      #expect(
        error?.code == .connectFailed && error?.message.contains("connect timeout") == true,
        "\(String(describing: error))")
    }
  }

  @Test func aServerThatIsNoRedisIsNotMistakenForOne() async throws {
    let mail = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Greeter()) }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    defer { mail.close(promise: nil) }
    try await withClient("redis://127.0.0.1:\(mail.localAddress?.port ?? 0)") { client in
      let error = await redisError { try await client.waitUntilConnected(within: .seconds(10), failFast: true) }
      #expect(error?.code == .protocolViolation, "\(String(describing: error))")
    }
  }
}

/// What `run()` throws by itself.
private func endOfRun(_ configuration: RedisConfiguration) async throws -> RedisError? {
  let client = RedisClient(
    configuration: configuration, eventLoop: MultiThreadedEventLoopGroup.singleton.next(), logger: .quiet)
  let error = try await within(.seconds(10), "run() ends by itself") { await redisError { try await client.run() } }
  // Whoever comes later hears the same, at once.
  let later = await redisError { _ = try await client.send(["PING"]) }
  #expect(later?.code == error?.code && later?.outcome == .notSent)
  let waiter = await redisError { try await client.waitUntilConnected(within: .seconds(60)) }
  #expect(waiter?.code == error?.code)
  return error
}

private func endOfRun(_ url: String) async throws -> RedisError? {
  try await endOfRun(RedisConfiguration(url: url))
}

/// Greets as a mail server does.
private final class Greeter: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  func channelActive(context: ChannelHandlerContext) {
    context.writeAndFlush(NIOAny(ByteBuffer(string: "220 mail.example.org ESMTP\r\n")), promise: nil)
  }
}
