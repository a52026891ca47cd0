import Hiredis
import NIOCore
import PrivateRedis
import RedisClient
import TestSupport
import Testing

/// The error table, against the servers that give these errors.
@Suite("Error replies of a real server")
struct ErrorReplyTests {
  private let write = RedisScript(name: "write", source: "return redis.call('SET', KEYS[1], ARGV[1])")

  /// The errors of a plain write and of a writing script.
  private func errors(_ client: RedisClient) async -> (plain: RedisError?, script: RedisError?) {
    let plain = await redisError { _ = try await client.send(["SET", "k", "v"]) }
    let script = await redisError { _ = try await client.evaluate(write, keys: ["k"], arguments: ["v"]) }
    return (plain, script)
  }

  @Test("WRONGTYPE") func wrongType() async throws {
    let domain = uniqueDomain()
    try await withClient(SharedRedis.url) { client in
      _ = try await client.send(["LPUSH", .init(domain), "x"])
      let plain = await redisError { _ = try await client.send(["INCR", .init(domain)]) }
      #expect(plain?.code == .wrongType && plain?.outcome == .refused && plain?.retry == .never)
      let increment = RedisScript(
        name: "increment", source: "redis.call('SET', KEYS[2], 1) return redis.call('INCR', KEYS[1])")
      let script = await redisError {
        _ = try await client.evaluate(increment, keys: [.init(domain), .init(domain + "2")], arguments: [])
      }
      #expect(script?.code == .wrongType && script?.outcome == .unknown, "the script had already written")
      try await client.expect(["GET", .init(domain + "2")], .bulk(Array("1".utf8)))
    }
  }

  @Test("NOPERM") func noPermission() async throws {
    let user = AccessControl.user("ann", password: "hunter2", keys: ["a:*"], commands: ["+@all", "-flushall"])
    try await withRedis(.init(accessControl: [user, AccessControl.noDefaultUser])) { server in
      try await withClient("\(server.socketURL)?user=ann&password=hunter2") { client in
        for command: [CommandArgument] in [["FLUSHALL"], ["SET", "b:1", "x"]] {
          let error = await redisError { _ = try await client.send(command) }
          #expect(error?.code == .noPermission && error?.isFatal == true && error?.outcome == .refused)
          #expect(error?.message.contains("ACL SETUSER") == true)
        }
        let script = await redisError { _ = try await client.evaluate(write, keys: ["b:1"], arguments: ["x"]) }
        #expect(script?.code == .noPermission)
        // One caller's missing right is not the end for the others.
        try await client.expect(["SET", "a:1", "x"], .status("OK"))
      }
    }
  }

  @Test("OOM") func outOfMemory() async throws {
    try await withRedis(.init(extraLines: ["maxmemory 1"])) { server in
      try await withClient(server.socketURL) { client in
        let (plain, script) = await errors(client)
        #expect(plain?.code == .outOfMemory && plain?.retry == .later && plain?.outcome == .refused)
        #expect(script?.code == .outOfMemory && script?.outcome == .refused)
        try await client.expect(["EXISTS", "k"], .integer(0))
        _ = try await client.send(["CONFIG", "SET", "maxmemory", "0"])
        try await client.expect(["SET", "k", "v"], .status("OK"))
      }
    }
  }

  @Test("NOREPLICAS") func noReplicas() async throws {
    try await withRedis(.init(extraLines: ["min-replicas-to-write 1"])) { server in
      try await withClient(server.socketURL) { client in
        let (plain, script) = await errors(client)
        #expect(plain?.code == .noReplicas && plain?.retry == .later && plain?.outcome == .refused)
        #expect(script?.code == .noReplicas && script?.outcome == .refused)
        try await client.expect(["EXISTS", "k"], .integer(0))
      }
    }
  }

  @Test("MISCONF") func misconfigured() async throws {
    try await withRedis(.init(appendOnly: false, extraLines: ["save 3600 1", "dbfilename dump.rdb"])) { server in
      try await withClient(server.socketURL) { client in
        _ = try await client.send(["SET", "k", "v"])
        // A folder in the way of the file: saving fails, and with `stop-writes-on-bgsave-error` writes are refused.
        try await runCommand("mkdir", ["-p", server.directory + "/dump.rdb"])
        _ = try await client.send(["BGSAVE"])
        try await eventually("the save has failed") {
          try await client.send(["INFO", "persistence"]).string?.contains("rdb_last_bgsave_status:err") == true
        }
        let (plain, script) = await errors(client)
        #expect(plain?.code == .misconfigured && plain?.retry == .later && plain?.outcome == .refused)
        #expect(script?.code == .misconfigured && script?.outcome == .refused)
      }
      // It would not end by itself without a last save.
      await server.kill()
    }
  }

  @Test("READONLY: the replica is left, and found to be a primary at the next connect")
  func readOnly() async throws {
    try await withRedis { primary in
      try await withRedis { server in
        try await withClient(server.socketURL) { client in
          try await withClient(server.socketURL) { administrator in
            // The primary is a port where nobody is: the replica stays a replica all the same.
            try await administrator.expect(["REPLICAOF", "127.0.0.1", "1"], .status("OK"))
            let before = try await client.send(["CLIENT", "ID"]).int
            let plain = await redisError { _ = try await client.send(["SET", "k", "v"]) }
            #expect(plain?.code == .readOnly && plain?.retry == .elsewhere && plain?.outcome == .refused)
            try await administrator.expect(["REPLICAOF", "NO", "ONE"], .status("OK"))
            try await client.expect(["SET", "k", "v"], .status("OK"))
            let after = try await client.send(["CLIENT", "ID"]).int
            #expect(before != after, "a new connection was made")
            try await administrator.expect(["REPLICAOF", "127.0.0.1", "1"], .status("OK"))
            let script = await redisError { _ = try await client.evaluate(write, keys: ["k"], arguments: ["w"]) }
            #expect(script?.code == .readOnly && script?.outcome == .refused)
          }
        }
      }
    }
  }

  @Test("BUSY") func busy() async throws {
    try await withRedis(.init(extraLines: ["busy-reply-threshold 1"])) { server in
      try await withClient(server.socketURL) { looping in
        try await withClient(server.socketURL) { client in
          try await client.waitUntilConnected(within: .seconds(30))
          let loop = RedisScript(name: "loop", source: "while true do end")
          let killed = try await looping.begin(["EVAL", .init(loop.source), 0])
          var busy: RedisError?
          try await eventually("BUSY") {
            busy = await redisError { _ = try await client.send(["GET", "k"]) }
            return busy != nil
          }
          #expect(busy?.code == .busy && busy?.retry == .later && busy?.outcome == .refused)
          // The same connection can end it.
          try await client.expect(["SCRIPT", "KILL"], .status("OK"))
          _ = await redisError { _ = try await killed.get() }
          try await client.expect(["GET", "k"], .null)
        }
      }
    }
  }

  @Test("a client that connects while a script is slow waits for its end")
  func busyAtConnect() async throws {
    try await withRedis(.init(extraLines: ["busy-reply-threshold 1"])) { server in
      try await withClient(server.socketURL) { looping in
        try await looping.waitUntilConnected(within: .seconds(30))
        let loop = RedisScript(name: "loop", source: "while true do end")
        _ = try await looping.send(["SCRIPT", "LOAD", .init(loop.source)])
        let killed = try await looping.begin(["EVALSHA", .init(loop.sha1), 0])
        try await withClient(server.socketURL) { client in
          let error = await redisError { try await client.waitUntilConnected(within: .seconds(30), failFast: true) }
          // It may have come before the script became slow.
          #expect(error == nil || error?.code == .busy)
          try await runCommand("redis-cli", ["-s", server.socketPath, "SCRIPT", "KILL"])
          _ = await redisError { _ = try await killed.get() }
          try await client.expect(["GET", "k"], .null)
        }
      }
    }
  }

  @Test("NOSCRIPT after SCRIPT FLUSH, between concurrent calls")
  func noScript() async throws {
    try await withRedis { server in
      let add = RedisScript(name: "add", source: "return redis.call('INCRBY', KEYS[1], ARGV[1])")
      var configuration = try RedisConfiguration(url: server.socketURL)
      configuration.scripts = [add]
      try await withClient(configuration) { client in
        for round in 1...20 {
          _ = try await client.send(["SCRIPT", "FLUSH"])
          try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { _ = try await client.evaluate(add, keys: ["n"], arguments: [1]) } }
            try await group.waitForAll()
          }
          try await client.expect(["GET", "n"], .bulk(Array("\(50 * round)".utf8)))
        }
      }
    }
  }

  @Test func unknownCommandsAndSyntaxErrors() async throws {
    try await withClient(SharedRedis.url) { client in
      let unknown = await redisError { _ = try await client.send(["NOSUCH", "hunter2"]) }
      #expect(unknown?.code == .unknownCommand && unknown?.description.contains("hunter2") == false)
      let syntax = await redisError { _ = try await client.send(["SET", "k"]) }
      #expect(syntax?.code == .server && syntax?.outcome == .refused)
      let failing = RedisScript(name: "failing", source: "error('x')")
      let script = await redisError { _ = try await client.evaluate(failing, keys: [], arguments: []) }
      #expect(script?.code == .server && script?.outcome == .unknown)
    }
  }

  @Test func tooManyClientsIsTriedAgain() async throws {
    try await withRedis(.init(extraLines: ["maxclients 1"])) { server in
      try await withClient(server.socketURL) { first in
        try await first.waitUntilConnected(within: .seconds(30))
        try await withClient(server.socketURL) { second in
          let error = await redisError { try await second.waitUntilConnected(within: .seconds(30), failFast: true) }
          // Redis closes after its words; if the kernel is quicker, only the end is seen.
          #expect(error?.code == .tooManyClients || error?.code == .connectionLost)
          _ = try await first.send(["CONFIG", "SET", "maxclients", "100"])
          try await second.expect(["PING"], .status("PONG"))
        }
      }
    }
  }
}
