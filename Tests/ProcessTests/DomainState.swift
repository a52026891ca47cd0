import Foundation
import Hiredis
@testable import LimiterClient
import LimiterCore
import RedisClient
import TestSupport

/// The counters of a domain, read from its keys as a person with redis-cli would.
struct DomainState: Sendable {
  var held: Int64
  var spent: Int64
  var slots: Int64
  var tokens: Int64
  /// Permits that ended as abandoned, and the money that each had reserved.
  var unsettled: [String: Int64]

  static func read(_ order: WorkerOrder) async throws -> DomainState {
    try await Limiter.withLimiter(try settings(order)) { try await read(order, $0.client) }
  }

  /// The state when no slot is taken, which must come within a time. The dead are reaped by the living: a limiter of
  /// this process is one.
  static func atRest(_ order: WorkerOrder, within limit: Duration) async throws -> DomainState {
    let start = ContinuousClock.now
    return try await Limiter.withLimiter(try settings(order)) { limiter in
      while true {
        let state = try await read(order, limiter.client)
        if state.slots == 0 && state.held == 0 { return state }
        guard ContinuousClock.now - start < limit else {
          throw NotAsExpected(description: "after \(limit): \(state.slots) slots taken, \(state.held) held")
        }
        try await Task.sleep(for: .milliseconds(20))
      }
    }
  }

  private static func settings(_ order: WorkerOrder) throws -> LimiterSettings {
    let policy = Policy(
      domain: order.domain, sessionTimeToLive: .milliseconds(order.sessionMilliseconds),
      models: ["m": Model(provider: "p")])
    return LimiterSettings(policy: policy, redis: try RedisConfiguration(url: order.redis), name: "test")
  }

  private static func read(_ order: WorkerOrder, _ client: RedisClient) async throws -> DomainState {
    func key(_ name: String) -> CommandArgument { CommandArgument("lim:{\(order.domain)}:\(name)") }
    // In this order, because it is not one moment: when nothing is held and no slot is taken, what follows has come to rest.
    let held = try await client.send(["GET", key("budget:budget:all:held")]).int ?? 0
    let slots = try await client.send(["HGET", key("slots:slots"), "total"]).int ?? 0
    var unsettled: [String: Int64] = [:]
    let lists = try await client.send(["KEYS", key("unsettled:*")]).array ?? []
    for list in lists.compactMap(\.string) {
      let fields = try await client.send(["HGETALL", CommandArgument(list)]).array?.compactMap(\.string) ?? []
      for index in stride(from: 0, to: fields.count, by: 2) {
        // `<session>/permit:<name>` is [granted, until, stamps, name, amount, name, amount ...]
        let record = try JSONSerialization.jsonObject(with: Data(fields[index + 1].utf8)) as? [Any] ?? []
        let budget = record.firstIndex { ($0 as? String)?.hasPrefix("budget:") == true }
        let amount = budget.flatMap { record[$0 + 1] as? NSNumber }?.int64Value ?? 0
        unsettled[fields[index].replacing("/permit:", with: "/")] = amount
      }
    }
    return DomainState(
      held: held, spent: try await client.send(["GET", key("budget:budget:all")]).int ?? 0, slots: slots,
      tokens: try await client.send(["GET", key("window:tokens:sum")]).int ?? 0, unsettled: unsettled)
  }
}

struct NotAsExpected: Error, CustomStringConvertible { let description: String }
