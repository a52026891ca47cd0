import ArgumentParser
import Foundation
import PrivateRedis

/// What limiterd costs its workers.
struct SidecarBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sidecar",
    abstract: "Calls through limiterd against one naive ZSET script per call and limit, and against the script itself.",
    discussion: """
      hot window: redis-benchmark with 50 connections and 16 calls in flight on each, `ACQUIRE hot TOKENS 3 HOLD 0` (rate limits \
      only, no permit kept) through limiterd, and the naive script straight to Redis. five limits: a permit of requests, tokens, \
      a day's and a run's budget and a slot, and its settlement, on as many connections with as many calls in flight on each, \
      against five naive calls. one client: the median of a call \
      through limiterd, against the limiter's own script straight to the same Redis. Measured in turn; the medians count. For five limits the time on \
      processors is told as well, of each process. \
      Starts redis-servers and a limiterd of its own; needs redis-benchmark (redis-tools).
      """)

  @Option(help: "Calls per measurement of redis-benchmark.")
  var calls: Int = 300_000

  @Option(help: "Measurements per row; the median counts.")
  var rounds: Int = 3

  @Option(help: "Measure only this: hot, five or one. May be given more than once.")
  var only: [SidecarPart] = []

  @Option(help: "Write the figures to this file, as JSON.")
  var json: String?

  func validate() throws {
    guard (1_000...50_000_000).contains(calls) else {
      throw ValidationError("--calls: expected 1000 to 50000000, got \(calls)")
    }
    guard (1...99).contains(rounds) else { throw ValidationError("expected --rounds from 1 to 99, got \(rounds)") }
  }

  private var parts: [SidecarPart] { only.isEmpty ? SidecarPart.allCases : SidecarPart.allCases.filter(only.contains) }

  func run() async throws {
    let world = try await SidecarWorld.start()
    do {
      let report = try await SidecarRunner(world: world, calls: calls, rounds: rounds, parts: parts).run()
      await world.stop()
      print(report.table)
      if let json {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try encoder.encode(report).write(to: URL(filePath: json))
        print("written to \(json)")
      }
    } catch {
      await world.stop()
      throw error
    }
  }
}

/// A row of the figures.
enum SidecarPart: String, CaseIterable, Sendable, ExpressibleByArgument {
  case hot, five, one
}
