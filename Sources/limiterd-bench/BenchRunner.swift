import Foundation
import Hiredis
import LimiterCore
import LimiterRedis
import NIOCore
import RedisClient

/// Measures the rows, each in turn with the naive calls.
struct BenchRunner: Sendable {
  static let scripts = LimiterScripts.standard

  /// What people write first: one entry per call, counted anew each time.
  static let naive = RedisScript(
    name: "naive",
    source: """
      local t = redis.call('TIME')
      local now = t[1] * 1000000 + t[2]
      redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - ARGV[2]))
      if redis.call('ZCARD', KEYS[1]) < tonumber(ARGV[1]) then
        redis.call('ZADD', KEYS[1], now, ARGV[3])
        redis.call('PEXPIRE', KEYS[1], 60000)
        return 1
      end
      return 0
      """)

  let client: RedisClient
  let rows: [Workload]
  let seconds: Double
  let rounds: Int

  /// Lanes that are in flight at once, as from several processes.
  private static let lanes = 4
  /// Naive calls in flight at once.
  private static let depth = 256

  struct Figures {
    var perSecond: [Double] = []
    var redis: [Double] = []

    var median: (perSecond: Double, redis: Double) {
      (perSecond.sorted()[perSecond.count / 2], redis.sorted()[redis.count / 2])
    }
  }

  func run() async throws -> BenchReport {
    var measured: [BenchReport.Row] = []
    for (index, workload) in rows.enumerated() {
      try? FileHandle.standardError.write(
        contentsOf: Data(
          "[\(index + 1)/\(rows.count)] \(workload.name), batch \(workload.batch), \(workload.liveUnits) live units\n"
            .utf8))
      measured.append(try await measure(workload))
    }
    return BenchReport(rows: measured)
  }

  private func measure(_ workload: Workload) async throws -> BenchReport.Row {
    _ = try await client.send(["FLUSHALL"])
    let keys = DomainKeys(domain: "bench")
    let lanes = (0..<Self.lanes).map { BenchLane(name: "lane\($0)", workload: workload, keys: keys, client: client) }
    let open = SessionCodec.call(
      SessionCall(.open, session: "bench", timeToLive: .seconds(3_600), epoch: "e", who: "bench"), keys: keys)
    _ = try await client.evaluate(Self.scripts.session, keys: open.keys, arguments: open.arguments)
    try await fill(workload, keys)
    let calls = (0..<64).map { _ in NaiveCall(client: client) }
    var ours = Figures()
    var naive = Figures()
    for _ in 0..<rounds {
      try await figure(&ours) { until in
        try await loop { lanes.map { $0.run(until: until) } }.reduce(0, +)
      }
      try await figure(&naive) { until in
        try await loop { (0..<Self.depth).map { calls[$0 % 64].run(until: until) } }.reduce(0, +)
      }
    }
    return BenchReport.Row(
      name: workload.name, batch: workload.batch, liveUnits: workload.liveUnits,
      decisionsPerSecond: ours.median.perSecond, redisMicroseconds: ours.median.redis,
      naiveCalls: workload.naiveCalls, naiveCallsPerSecond: naive.median.perSecond,
      naiveMicroseconds: naive.median.redis)
  }

  /// One measurement: how many per second, and the time in Redis for each.
  private func figure(_ figures: inout Figures, _ body: (NIODeadline) async throws -> Int) async throws {
    _ = try await client.send(["CONFIG", "RESETSTAT"])
    let start = NIODeadline.now()
    let count = try await body(start + .nanoseconds(Int64(seconds * 1e9)))
    let elapsed = Double((NIODeadline.now() - start).nanoseconds) / 1e9
    let stats = try await client.send(["INFO", "commandstats"]).string ?? ""
    let line = stats.split(separator: "\r\n").first { $0.hasPrefix("cmdstat_evalsha:") } ?? ""
    let usec = line.split(separator: ",").first { $0.hasPrefix("usec=") }?.dropFirst(5)
    figures.perSecond.append(Double(count) / elapsed)
    figures.redis.append((Double(usec ?? "0") ?? 0) / Double(max(count, 1)))
  }

  private func loop(_ start: @escaping @Sendable () -> [EventLoopFuture<Int>]) async throws -> [Int] {
    let loop = client.eventLoop
    return try await loop.flatSubmit { EventLoopFuture.whenAllSucceed(start(), on: loop) }.get()
  }

  /// Puts the live units into the window as the limiter does, one unit a call, in batches where there are many.
  private func fill(_ workload: Workload, _ keys: DomainKeys) async throws {
    let window = workload.requests().limits[0]
    var left = workload.liveUnits
    var operation: Int64 = 0
    while left > 0 {
      let size = workload.liveUnits <= 10_000 ? 1 : min(Int(left), LimiterBounds.batch)
      operation += 1
      let batch = AcquireBatch(
        session: "bench", lane: "fill", operation: operation, notAfter: ServerTime(microseconds: LimiterBounds.amount),
        limits: [window],
        requests: (0..<size).map { _ in .init(hold: 1_000_000, needs: [.init(limit: 0, amount: 1)]) })
      let call = AcquireCodec.call(batch, keys: keys)
      _ = try await client.evaluate(Self.scripts.acquire, keys: call.keys, arguments: call.arguments)
      left -= Int64(size)
    }
    // Permits of the filling would make the session's hash large; they are not what is measured.
    _ = try await client.send(["DEL", CommandArgument("\(keys.prefix)session:bench")])
  }
}
