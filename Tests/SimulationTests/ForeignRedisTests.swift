import Foundation
import Hiredis
import NIOPosix
import PrivateRedis
import RedisClient
import TestSupport
import Testing

@testable import Simulation

/// `--redis`: somebody's Redis is left as it was.
@Suite(.serialized) struct ForeignRedisTests {
  private func settings(_ url: String, seconds: Int) throws -> SimulationSettings {
    var settings = SimulationSettings(
      source: .synthetic, workers: 2, duration: .seconds(seconds),
      limits: SimulationLimits(
        windows: [
          WindowRule(unit: .requests, amount: 40, length: .seconds(1)),
          WindowRule(unit: .tokens, amount: 40_000, length: .seconds(1)),
        ], concurrency: 30),
      model: try SimulatedModel(name: "gpt-4o"), worker: [Limiterd.path, "simulate-worker"])
    settings.budget = 1_000_000_000_000
    settings.redisURL = url
    // Nobody is refused whose way to the provider was not longer than this, and machines are busy.
    settings.guardTime = .seconds(1)
    return settings
  }

  private func keys(_ url: String) async throws -> [String] {
    try await RedisVisit.make(url) { client in
      guard case .array(let keys) = try await client.send(["KEYS", "*"]) else { return [] }
      return keys.compactMap(\.string).sorted()
    }
  }

  @Test func `a run removes its keys, and nobody else's`() async throws {
    try await withRedis { server in
      _ = try await RedisVisit.make(server.socketURL) { client in
        try await client.send(["MSET", "lim:{production}:epoch", "1", "lim:{simulation-other}:epoch", "1", "mine", "1"])
      }
      let outcome = try await SimulationRun(settings(server.socketURL, seconds: 2)).run(
        interrupts: AsyncStream { _ in })
      #expect(outcome.report.completed > 0)
      #expect(outcome.isClean)
      #expect(try await keys(server.socketURL) == ["lim:{production}:epoch", "lim:{simulation-other}:epoch", "mine"])
    }
  }

  @Test func `a run with a chain removes what the library has counted, too`() async throws {
    try await withRedis { server in
      var settings = try settings(server.socketURL, seconds: 3)
      settings.chain = try ModelChainText(parsing: "gpt-4o,gpt-4o-mini")
      // Calls fall back, a model is left alone, and somebody is told.
      settings.faults = [ProviderFault(.overloaded, to: 2, model: "gpt-4o")]
      let outcome = try await SimulationRun(settings).run(interrupts: AsyncStream { _ in })
      #expect(outcome.report.completed > 0 && outcome.report.fallbacks > 0, "\(outcome.notes)")
      #expect(try await keys(server.socketURL) == [])
    }
  }

  @Test func `also as the limiter's user, whose workers are ended`() async throws {
    let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let lines = try String(contentsOf: repository.appending(path: "docs/limiterd.acl"), encoding: .utf8)
      .split(separator: "\n").map(String.init)
    let operatorLine = AccessControl.user("operator", password: "o")
    try await withRedis(.init(accessControl: lines + [operatorLine])) { server in
      let look = "\(server.socketURL)?user=operator&password=o"
      let settings = try settings("\(server.socketURL)?user=limiterd&password=change-me", seconds: 600)
      let (interrupts, signal) = AsyncStream.makeStream(of: Void.self)
      let outcome = try await within(.seconds(60), "an interrupted run") {
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            try await eventually("slots are held") {
              try await keys(look).contains { $0.hasSuffix("slots:concurrency") }
            }
            signal.yield()
            signal.yield()
          }
          return try await SimulationRun(settings).run(interrupts: interrupts)
        }
      }
      #expect(outcome.isInterrupted)
      #expect(outcome.lostWorkers == 0)
      #expect(try await keys(look) == [])
    }
  }

  @Test func `keys that cannot be removed are named`() async throws {
    let policy = SimulationPolicy(
      domain: "gone", model: try SimulatedModel(name: "gpt-4o"), limits: SimulationLimits(windows: []), budget: nil,
      headroomPerMille: 1_000, guardMicroseconds: 0)
    let left = await RedisCleanup.remove(policy, since: .now, at: "unix:///nowhere/redis.sock")
    #expect(left?.contains("redis-cli --scan --pattern 'lim:{gone}:*'") == true)
  }
}
