import Foundation
import Hiredis
import LimiterCore
import LimiterRedis
import Logging
import NIOCore
import NIOPosix
import PrivateRedis
import RedisClient

/// Measures through limiterd and around it, in turn.
struct SidecarRunner: Sendable {
  let world: SidecarWorld
  let calls: Int
  let rounds: Int
  /// What is measured.
  let parts: [SidecarPart]

  /// Pairs of ACQUIRE and SETTLE.
  private static let time = TimeAmount.seconds(2)
  private static let singleCalls = 4_000

  func run() async throws -> SidecarReport {
    let scripts = BenchRunner.scripts
    return try await withClient(url: "unix://\(world.socket)") { limiterd in
      try await withClient(url: world.redis.socketURL, scripts: scripts.all) { redis in
        try await withClient(url: world.naive.socketURL, scripts: [BenchRunner.naive]) { naive in
          try await measure(limiterd, redis, naive)
        }
      }
    }
  }

  private func measure(_ limiterd: RedisClient, _ redis: RedisClient, _ naive: RedisClient) async throws
    -> SidecarReport
  {
    let sha = try await naive.send(["SCRIPT", "LOAD", CommandArgument(BenchRunner.naive.source)]).string ?? ""
    let naiveCall = ["EVALSHA", sha, "1", "naive", "1000000000000", "1000000", "m:__rand_int__"]
    let hotCall = ["ACQUIRE", "hot", "TOKENS", "3", "HOLD", "0"]
    let pairs = PairLoad(
      socket: world.socket, acquire: ["ACQUIRE", "full", "INPUT", "1000", "OUTPUT", "500", "RUN", "r"],
      usage: ["INPUT", "900", "OUTPUT", "400"])
    var (hot, plain, full, single, script): ([Double], [Double], [Double], [Double], [Double]) = ([], [], [], [], [])
    var times: [SidecarReport.ProcessorTime] = []
    for round in 1...rounds {
      try? FileHandle.standardError.write(contentsOf: Data("round \(round) of \(rounds)\n".utf8))
      if parts != [.one] { plain.append(try await redisBenchmark(socket: naiveSocket, naiveCall)) }
      if parts.contains(.hot) { hot.append(try await redisBenchmark(socket: world.socket, hotCall)) }
      if parts.contains(.five) {
        let before = try processorTime()
        let figures = try await pairs.run(for: Self.time)
        full.append(figures.perSecond)
        times.append(try processorTime().since(before, calls: Double(figures.pairs)))
      }
      if parts.contains(.one) {
        single.append(
          try await median { try Self.check(try await limiterd.send(hotCall.map { CommandArgument($0) })) })
        script.append(try await medianOfScript(redis))
      }
    }
    func middle(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
    var report = SidecarReport()
    for part in parts {
      switch part {
      case .hot:
        report.rows.append(
          SidecarReport.Row(
            name: "hot window, no permit kept, against a naive call", limiterd: middle(hot), other: middle(plain),
            unit: "calls/s", ratio: middle(hot) / middle(plain)))
      case .five:
        report.rows.append(
          SidecarReport.Row(
            name: "five limits, acquire and settle, against five naive calls", limiterd: middle(full),
            other: middle(plain) / 5, unit: "decisions/s", ratio: middle(full) * 5 / middle(plain)))
        report.processorTime = SidecarReport.ProcessorTime(
          limiterd: middle(times.map(\.limiterd)), redis: middle(times.map(\.redis)), load: middle(times.map(\.load)))
      case .one:
        report.rows.append(
          SidecarReport.Row(
            name: "one client, median, against the script itself", limiterd: middle(single), other: middle(script),
            unit: "us", ratio: middle(single) / middle(script)))
      }
    }
    return report
  }

  /// What all have used so far, in microseconds.
  private func processorTime() throws -> SidecarReport.ProcessorTime {
    guard let redis = world.redis.pid else { throw BenchError(what: "the redis-server of limiterd has ended") }
    return SidecarReport.ProcessorTime(
      limiterd: try ProcessUse.processorMicroseconds(of: world.limiterd.pid),
      redis: try ProcessUse.processorMicroseconds(of: redis),
      load: try ProcessUse.processorMicroseconds(of: ProcessInfo.processInfo.processIdentifier))
  }

  private var naiveSocket: String { String(world.naive.socketURL.dropFirst("unix://".count)) }

  /// Calls per second.
  private func redisBenchmark(socket: String, _ words: [String]) async throws -> Double {
    let output = world.folder.path + "/benchmark"
    _ = FileManager.default.createFile(atPath: output, contents: nil)
    let process = try ChildProcess(
      executable: "/usr/bin/env",
      arguments: [
        "redis-benchmark", "-s", socket, "-c", "50", "-P", "16", "-n", "\(calls)", "-r", "1000000000", "--csv",
      ]
        + words, output: output)
    let end = await process.end()
    let text = try String(contentsOfFile: output, encoding: .utf8)
    try FileManager.default.removeItem(atPath: output)
    let figures = text.split(whereSeparator: \.isNewline).last?.split(separator: "\",\"") ?? []
    guard end == .exit(0), figures.count > 1, let perSecond = Double(figures[1].filter { $0 != "\"" }) else {
      throw BenchError(what: "redis-benchmark ended with \(end): \(text.suffix(300))")
    }
    return perSecond
  }

  private func medianOfScript(_ redis: RedisClient) async throws -> Double {
    let keys = DomainKeys(domain: "direct")
    let open = SessionCodec.call(
      SessionCall(.open, session: "s", timeToLive: .seconds(3_600), epoch: "e", who: "bench"), keys: keys)
    _ = try await redis.evaluate(BenchRunner.scripts.session, keys: open.keys, arguments: open.arguments)
    let limit = EffectiveLimit(
      id: LimitID(rule: "hot.tokens"), allowance: .window(amount: LimiterBounds.amount, length: 600_000_000))
    let first = Int64(Date().timeIntervalSince1970 * 1_000)
    let number = NIOLoopBoundBox.makeBoxSendingValue(first, eventLoop: redis.eventLoop)
    return try await median {
      let operation = try await redis.eventLoop.submit {
        number.value += 1
        return number.value
      }.get()
      let batch = AcquireBatch(
        session: "s", lane: "hot", operation: operation, notAfter: ServerTime(microseconds: LimiterBounds.amount),
        limits: [limit],
        requests: [
          AcquireBatch.Request(hold: 1, isRecorded: false, needs: [AcquireBatch.Need(limit: 0, amount: 3)])
        ])
      let call = AcquireCodec.call(batch, keys: keys)
      _ = try await redis.evaluate(BenchRunner.scripts.acquire, keys: call.keys, arguments: call.arguments)
    }
  }

  /// The median of one call after the other, in microseconds.
  private func median(_ call: () async throws -> Void) async throws -> Double {
    var times: [Double] = []
    for _ in 0..<Self.singleCalls {
      let time = try await ContinuousClock().measure { try await call() }
      times.append(Double(time.components.attoseconds) / 1e12 + Double(time.components.seconds) * 1e6)
    }
    return times.sorted()[times.count / 2]
  }

  @discardableResult
  private static func check(_ reply: Reply) throws -> String {
    guard let parts = reply.array, parts.first?.string == "granted" else {
      throw BenchError(what: "expected that everything is admitted, got \(reply)")
    }
    return parts[1].string ?? ""
  }

  private func withClient<Result: Sendable>(
    url: String, scripts: [RedisScript] = [], _ body: @Sendable (RedisClient) async throws -> Result
  ) async throws -> Result {
    var configuration = try RedisConfiguration(url: url)
    configuration.scripts = scripts
    configuration.commandTimeout = .seconds(60)
    let client = RedisClient(
      configuration: configuration, eventLoop: MultiThreadedEventLoopGroup.singleton.next(),
      logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await client.run() }
      try await client.waitUntilConnected(within: .seconds(10))
      let result = try await body(client)
      group.cancelAll()
      return result
    }
  }
}
