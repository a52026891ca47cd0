import Foundation
import Hiredis
import LimiterCore
@testable import LimiterRedis
import PrivateRedis
import RedisClient
import TestSupport
import Testing

/// `docs/limiterd.acl`: what the limiter needs, and nothing else. All tests of this target run as its user.
@Suite struct AccessControlTests {
  /// What the client sends by itself, and what for. AUTH is open to everybody.
  static let clientCommands = [
    "client|setname": "handshake", "select": "handshake",
    "ping": "handshake, and to find dead peers",
    "info": "handshake: the eviction policy", "config|get": "handshake: the eviction policy, where INFO has it not",
    "script|load": "the scripts, at connect and after NOSCRIPT", "evalsha": "the scripts",
    "scan": "RUNS, for people that look", "subscribe": "the second connection", "unsubscribe": "the second connection",
  ]

  @Test func theFileNamesExactlyWhatScriptsAndClientUse() throws {
    var used = Set(Self.clientCommands.keys)
    _ = LimiterScripts { _, text in
      for match in text.matches(of: /\bp?call\(\s*'([A-Z]+)'/) { used.insert(match.1.lowercased()) }
      return text
    }
    let listed = try AccessControlFile.user.commands
    #expect(listed.subtracting(used).isEmpty, "listed, and nobody needs it: \(listed.subtracting(used).sorted())")
    #expect(used.subtracting(listed).isEmpty, "needed, and not listed: \(used.subtracting(listed).sorted())")
  }

  @Test func theFileClosesTheDefaultUserAndOpensNoKeyButTheLimiters() throws {
    let user = try AccessControlFile.user
    // Nobody may come in as this user; its rights are those with which Redis reads its append-only file.
    #expect(try AccessControlFile.lines.contains("user default off ~* &* +@all"))
    #expect(user.keys == ["lim:*"])
    #expect(user.words.contains("resetkeys") && user.words.contains("-@all") && user.words.contains("resetchannels"))
    #expect(user.password == "change-me")
    #expect(!user.words.contains { $0.hasPrefix("+@") || $0 == "nopass" || $0 == "allkeys" })
  }

  @Test(arguments: [
    ["GET", "other"], ["SET", "lim-other", "1"], ["FLUSHALL"], ["KEYS", "*"], ["CONFIG", "SET", "maxmemory", "1"],
    ["DEL", "lim:{x}:epoch"], ["EVAL", "return 1", "0"], ["ACL", "LIST"], ["SHUTDOWN"], ["SCRIPT", "FLUSH"],
    ["RESTORE", "lim:{x}:epoch", "0", "x"], ["PUBLISH", "other", "1"],
  ])
  func everythingElseIsRefused(_ command: [String]) async throws {
    try await withModelRedis(LimiterScripts.standard) { redis in
      let error = await #expect(throws: RedisError.self) {
        _ = try await redis.client.send(command.map { CommandArgument($0) })
      }
      #expect(error?.code == .noPermission, "\(command): \(String(describing: error))")
    }
  }

  /// Redis without the fix of redis/redis#14541 (November 2025) reads what scripts have written back from its append-only file with the rights of the
  /// default user, and leaves out without an error what that one may not do: all state would be gone after a restart.
  @Test func aRestartKeepsWhatTheScriptsHaveWritten() async throws {
    let user = try AccessControlFile.user
    let credentials = RedisCredentials(user: user.name, password: user.password)
    try await withRedis(PrivateRedisConfiguration(accessControl: AccessControlFile.lines)) { server in
      let url = server.socketURL
      let scripts = LimiterScripts.standard
      try await withClient(url, credentials: credentials, scripts: scripts.all) { client in
        let model = RedisModel(ModelRedis(client: client, admin: client), scripts: scripts)
        let open = SessionCodec.call(
          SessionCall(.open, session: "s", timeToLive: .seconds(60), epoch: "e", who: "test"), keys: model.keys)
        _ = try await client.evaluate(scripts.session, keys: open.keys, arguments: open.arguments)
      }
      let before = try await withClient(url, credentials: credentials) { try await Self.keys(of: $0) }
      #expect(before.count >= 3, "epoch, sessions and a session: \(before)")
      try await server.restart()
      let after = try await withClient(url, credentials: credentials) { try await Self.keys(of: $0) }
      #expect(after == before)
    }
  }

  private static func keys(of client: RedisClient) async throws -> [String] {
    let reply = try await client.send(["SCAN", "0", "COUNT", "1000"])
    return (reply.array?.last?.array ?? []).compactMap(\.string).sorted()
  }

  @Test func aCommandThatIsTakenOutIsMissed() async throws {
    // Otherwise the differential tests would prove nothing about the file.
    let lines = try AccessControlFile.lines.map { $0.replacingOccurrences(of: " +hincrby", with: "") }
    let configuration = PrivateRedisConfiguration(accessControl: lines, appendOnly: false)
    let user = try AccessControlFile.user
    try await withRedis(configuration) { server in
      let url = server.socketURL
      try await withClient(url, credentials: RedisCredentials(user: user.name, password: user.password)) { client in
        let scripts = LimiterScripts.standard
        let model = RedisModel(ModelRedis(client: client, admin: client), scripts: scripts)
        let open = SessionCodec.call(
          SessionCall(.open, session: "s", timeToLive: .seconds(10), epoch: "e", who: "test"), keys: model.keys)
        _ = try await client.evaluate(scripts.session, keys: open.keys, arguments: open.arguments)
        let slots = EffectiveLimit(id: LimitID(rule: "slots"), allowance: .concurrency(permits: 1))
        let batch = AcquireBatch(
          session: "s", lane: "m", operation: 1, notAfter: ServerTime(microseconds: .max >> 11), limits: [slots],
          requests: [AcquireBatch.Request(hold: 1, needs: [AcquireBatch.Need(limit: 0, amount: 1)])])
        let call = AcquireCodec.call(batch, keys: model.keys)
        let error = await #expect(throws: RedisError.self) {
          _ = try await client.evaluate(scripts.acquire, keys: call.keys, arguments: call.arguments)
        }
        #expect(error?.code == .noPermission, "\(String(describing: error))")
      }
    }
  }

  /// Redis stops a script where a right is missing, and undoes nothing. Whoever tries again must not be charged again.
  @Test(arguments: [("hdel", 0), ("decrby", 1_000), ("incrby", 1_000)] as [(String, Int64)])
  func aRightThatIsTakenAwayChargesASettlementOnceAtMost(_ command: String, _ stillHeld: Int64) async throws {
    let lines = try AccessControlFile.lines + [AccessControl.user("admin", password: "admin")]
    let user = try AccessControlFile.user
    let scripts = ModelScripts.make()
    try await withRedis(PrivateRedisConfiguration(accessControl: lines, appendOnly: false)) { server in
      let url = server.socketURL
      try await withClient(url, credentials: RedisCredentials(user: "admin", password: "admin")) { admin in
        try await withClient(
          url, credentials: RedisCredentials(user: user.name, password: user.password), scripts: scripts.all
        ) { client in
          let model = RedisModel(ModelRedis(client: client, admin: admin), scripts: scripts)
          let time: Int64 = 1_700_000_000_000_001
          let budget = EffectiveLimit(
            id: LimitID(rule: "b"), allowance: .budget(nanodollars: 9_000, period: .lifetime, keep: 900_000))
          _ = try await model.perform(.open(session: "s", timeToLive: 60_000_000), at: time)
          let request = AcquireBatch.Request(hold: 60_000_000, needs: [AcquireBatch.Need(limit: 0, amount: 1_000)])
          let granted = try await model.perform(
            .acquire(
              AcquireBatch(
                session: "s", lane: "m", operation: 1, notAfter: ServerTime(microseconds: 2 * time), limits: [budget],
                requests: [request, request])), at: time + 10)
          guard case .acquired(.decided(let at, _, _, _)) = granted else { throw UnexpectedAnswer() }
          func settle(_ position: Int) async throws -> ModelAnswer {
            let item = SettleBatch.Item(
              session: "s", permit: "m.1.\(position)", grantedAt: at, ending: .settled([500]))
            return try await model.perform(.settle(SettleBatch(items: [item])), at: time + 20)
          }
          _ = try await admin.send(["ACL", "SETUSER", CommandArgument(user.name), CommandArgument("-" + command)])
          for _ in 0..<3 {
            do { _ = try await settle(1) } catch let error as RedisError { #expect(error.code == .noPermission) }
          }
          _ = try await admin.send(["ACL", "SETUSER", CommandArgument(user.name), CommandArgument("+" + command)])
          for position in 1...2 { _ = try await settle(position) }
          guard case .usage(let usages) = try await model.perform(.inspect([budget]), at: time + 30) else {
            throw UnexpectedAnswer()
          }
          let spent: Int64 = command == "incrby" ? 500 : 1_000
          #expect(usages == [.budget(spent: spent, held: stillHeld)])
        }
      }
    }
  }
}
