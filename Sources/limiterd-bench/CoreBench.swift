import ArgumentParser
import Foundation
import LimiterRedis
import Logging
import NIOPosix
import PrivateRedis
import RedisClient

/// Decisions per second, and time in Redis per decision.
struct CoreBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "core",
    abstract:
      "Admission and settlement through the scripts, in batches, against one naive ZSET script per call and limit.",
    discussion: """
      Each row is measured several times in turn with the naive calls; the medians are compared. Throughput is what comes \
      back to the client; time in Redis is what `INFO commandstats` says of EVALSHA. Starts a redis-server of its own.
      """)

  @Option(help: "Seconds per measurement.")
  var seconds: Double = 0.5

  @Option(help: "Measurements per row; the median counts.")
  var rounds: Int = 3

  @Option(help: "Only the rows whose name contains this.")
  var only: String = ""

  @Option(help: "Write the figures to this file, as JSON.")
  var json: String?

  private var rows: [Workload] { Workload.all.filter { only.isEmpty || $0.name.contains(only) } }

  func validate() throws {
    guard seconds > 0, seconds <= 60 else { throw ValidationError("expected --seconds from 0 to 60, got \(seconds)") }
    guard !rows.isEmpty else {
      let names = Set(Workload.all.map(\.name)).sorted().joined(separator: ", ")
      throw ValidationError("expected --only to be in the name of a row, which are \(names); got \(only)")
    }
    guard (1...99).contains(rounds) else { throw ValidationError("expected --rounds from 1 to 99, got \(rounds)") }
  }

  func run() async throws {
    let server = try await PrivateRedisServer.start(PrivateRedisConfiguration(appendOnly: false))
    do {
      let report = try await measure(server)
      await server.stop()
      print(report.table)
      if let json {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try encoder.encode(report).write(to: URL(filePath: json))
        print("written to \(json)")
      }
    } catch {
      await server.stop()
      throw error
    }
  }

  private func measure(_ server: PrivateRedisServer) async throws -> BenchReport {
    var configuration = try RedisConfiguration(url: server.url)
    configuration.scripts = BenchRunner.scripts.all + [BenchRunner.naive]
    let client = RedisClient(
      configuration: configuration, eventLoop: MultiThreadedEventLoopGroup.singleton.next(),
      logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await client.run() }
      try await client.waitUntilConnected(within: .seconds(10))
      let runner = BenchRunner(client: client, rows: rows, seconds: seconds, rounds: rounds)
      let report = try await runner.run()
      group.cancelAll()
      return report
    }
  }
}
