import Foundation
import Hiredis
import PrivateRedis
import TestSupport
import Testing

extension WholeTests {
  /// A worker whose limiterd has died sends what it has to settle to the next one, which has just begun.
  @Suite(.serialized) struct EarlySettleTests {
    @Test(arguments: [false, true])
    func `a settlement that comes before limiterd has a session in Redis is not told as gone`(_ isNamed: Bool)
      async throws
    {
      let redis = try await PrivateRedisServer.start()
      let domain = uniqueDomain("early")
      let policy = ServeProgram.policy("tokens: {tokens: 100/1h}", domain: domain)
      let first = try await ServeProgram.start(policy, redis: redis.url)
      let old = try await first.connect()
      if isNamed { _ = try await old.call(line: "SESSION worker GRACE 60000") }
      let permits = [
        try #require(try await old.call(line: "ACQUIRE m TOKENS 10").permit),
        try #require(try await old.call(line: "ACQUIRE m TOKENS 20").permit),
      ]
      first.process.signal(SIGKILL)
      _ = try await first.end()
      // Redis hangs: the next one listens, and cannot open its session.
      try redis.pause()
      let second = try await ServeProgram.start(policy, redis: redis.url)
      let worker = try await second.connect()
      let session = isNamed ? [["SESSION", "worker", "GRACE", "60000"]] : []
      worker.send([["PING"]] + session + permits.map { ["SETTLE", $0, "TOKENS", "5"] })
      // They came in one piece: all have been read, and Redis still hangs.
      #expect(try await worker.reply() == .status("PONG"))
      try redis.resume()
      if isNamed { #expect(try await worker.reply()?["name"]?.string == "worker") }
      for permit in permits {
        #expect(try await worker.reply() == .status("settled"), "\(permit)")
      }
      #expect(try await worker.call("PEEK", "m")["limits"]?.array?.first?["used"] == .integer(10))
      await redis.stop()
    }
  }
}
