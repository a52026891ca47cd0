import Foundation
import LimiterClient
import LimiterCore
import Oracle
import PrivateRedis
import SeededRandom
import TestSupport
import Testing

/// Real processes share one limit, and some are killed at random moments. One test after the other: their sessions live for
/// seconds, and twenty processes at once on two cores may not be heard of for that long.
@Suite(.serialized) struct SharedLimitTests {
  static let window: Int64 = 1_000_000
  static let requests: Int64 = 120
  static let tokens: Int64 = 2_000
  static let slots: Int64 = 12
  static let budget: Int64 = 12_000
  static let timeToLive = Duration.seconds(1)

  @Test func sixteenProcessesNeverPassALimitAndTheDeadKeepNothing() async throws {
    var random = SeededGenerator(for: "sixteen processes")
    let order = WorkerOrder(
      task: "work", redis: "", domain: uniqueDomain("processes"), windowMilliseconds: Self.window / 1_000,
      requests: Self.requests, tokens: Self.tokens, slots: Self.slots, nanodollars: Self.budget)
    try await withRedis { server in
      let workers = try (1...16 as ClosedRange<UInt64>).map { number in
        var order = order
        order.redis = server.url
        order.seed = random.next() % 1_000_000
        return try WorkerProcess(order)
      }
      try await eventually("the work begins", within: .seconds(40)) { try workers.contains { try !$0.lines.isEmpty } }
      // Six of them die, each at its own moment.
      let victims = workers.shuffled(using: &random).prefix(6)
      for victim in victims {
        try await Task.sleep(for: .milliseconds(Int.random(in: 50...600, using: &random)))
        victim.kill()
      }
      for worker in workers {
        let isDone = try await worker.end()
        #expect(isDone || victims.contains { $0 === worker }, "\(worker.complaints.suffix(2_000))")
      }
      var here = order
      here.redis = server.url
      let state = try await DomainState.atRest(here, within: Self.timeToLive + .seconds(1))
      let lines = try workers.flatMap { try $0.lines }
      try check(lines, state)
      try checkHistory(of: server, order, state)
    }
  }

  /// I1 and I3, counted from what the workers said by code of the test's own.
  private func check(_ lines: [WorkerLine], _ state: DomainState) throws {
    let grants = lines.filter { $0.granted != nil }.sorted { ($0.grantedAt ?? 0) < ($1.grantedAt ?? 0) }
    print("sixteen processes: \(grants.count) grants, \(state.unsettled.count) abandoned by the dead")
    #expect(grants.count > 200)
    #expect(Set(grants.compactMap(\.granted)).count == grants.count, "no permit twice")
    let times = grants.compactMap(\.grantedAt)
    try #require(times.count == grants.count)
    for (index, last) in times.enumerated() {
      // Requests are not refunded; what is left of refunded tokens in a window is the oracle's to judge.
      let inWindow = times[...index].reversed().prefix { $0 > last - Self.window }.count
      #expect(inWindow <= Self.requests)
    }
    #expect(state.held == 0)
    #expect(state.slots == 0)
    #expect(state.spent <= Self.budget)
    // Each permit is charged with what its worker reported, or as reserved if it died before.
    let settled = lines.filter { $0.settling.map { state.unsettled[$0] == nil } ?? false }
    let reported = settled.reduce(0) { $0 + ($1.nanodollars ?? 0) }
    #expect(state.spent == reported + state.unsettled.values.reduce(0, +))
    let known = Set(settled.compactMap(\.settling)).union(state.unsettled.keys)
    #expect(Set(grants.compactMap(\.granted)).subtracting(known) == [], "neither settled nor listed")
  }

  /// I1, I3, I4, I5 over the whole history of the server, by code that shares nothing with the limiter.
  private func checkHistory(of server: PrivateRedisServer, _ order: WorkerOrder, _ state: DomainState) throws {
    let file = try #require(server.aofFiles.first)
    let report = try HistoryOracle.check(
      URL(filePath: file).deletingLastPathComponent().path(percentEncoded: false),
      limits: OracleLimits(
        windows: [
          "requests": .init(amount: Self.requests, lengthMicroseconds: Self.window),
          "tokens": .init(amount: Self.tokens, lengthMicroseconds: Self.window),
        ], budgets: ["budget": Self.budget], concurrency: ["slots": Self.slots]),
      options: OracleOptions(domain: order.domain, atRest: true, spent: ["budget": state.spent]))
    #expect(report.violationCount == 0, "\(report.violations.prefix(5))")
    #expect(report.unjudged == [])
    #expect(report.checked > 1_000, "\(report.checked) judgements")
  }

  @Test func theSlotsOfKilledProcessesAreFreeAfterTheirTimeToLive() async throws {
    // Longer than a busy machine keeps a process from its heartbeats.
    let timeToLive = Duration.seconds(5)
    let order = WorkerOrder(
      task: "hold", redis: try await SharedRedis.url, domain: uniqueDomain("killed"), sessionMilliseconds: 5_000,
      slots: 12, count: 4)
    let workers = try (0..<3).map { _ in try WorkerProcess(order) }
    try await eventually("all slots are taken", within: .seconds(40)) {
      try workers.allSatisfy { try $0.lines.count == 4 }
    }
    #expect(try await DomainState.read(order).slots == 12)
    // They live longer than their time to live, because they are renewed.
    try await Task.sleep(for: timeToLive * 1.5)
    let later = try await DomainState.read(order)
    #expect(later.slots == 12 && later.unsettled.isEmpty)

    for worker in workers { worker.kill() }
    for worker in workers { _ = try await worker.end() }
    let state = try await DomainState.atRest(order, within: timeToLive + .seconds(1))
    #expect(state.slots == 0 && state.unsettled.count == 12)
    #expect(state.spent == 12 && state.held == 0)
  }
}
