import Hiredis
import LimiterCore
@testable import LimiterRedis
import RedisClient
import TestSupport

/// A process whose call is first in a queue dies: its session ends, and who is next is woken.
struct DeadWaiterProbe {
  static let start: Int64 = 1_700_000_000_000_001
  /// Slashes in the names of the lane and the limit: the queue of one is not taken for that of another.
  static let lane = "vendor/model"
  static let tokens = EffectiveLimit(
    id: LimitID(rule: "tokens", scope: ["a/b"]), allowance: .window(amount: 100, length: 60_000_000))

  enum End: CaseIterable {
    case timeIsOver, isClosed
  }

  let model: RedisModel

  static func problem(of model: RedisModel) async throws -> String? {
    for end in End.allCases {
      let problem = try await Self(model: model).problem(end)
      try await model.removeAll()
      if let problem { return "\(end): \(problem)" }
    }
    return nil
  }

  private func problem(_ end: End) async throws -> String? {
    let (start, second) = (Self.start, Int64(1_000_000))
    for (session, timeToLive) in [("first", second), ("next", 90 * second), ("other", 90 * second)] {
      _ = try await model.perform(.open(session: session, timeToLive: timeToLive), at: start)
    }
    let full = try await ask("other", 100, rank: 0, at: start + 10)
    guard full == [.granted] else { return "an empty window has no room: \(full)" }
    _ = try await ask("first", 80, rank: 1, at: start + 20)
    _ = try await ask("next", 30, rank: 2, at: start + 30)

    let channel = model.keys.wake("next")
    let messages = try await model.admin.subscribe(to: [channel])
    switch end {
    case .timeIsOver:
      _ = try await model.perform(.renew(session: "other", timeToLive: 90 * second), at: start + 2 * second)
    case .isClosed: _ = try await model.perform(.close(session: "first"), at: start + 40)
    }
    // What is published comes in order: if this one is the first, nobody was told.
    _ = try await model.admin.send(["PUBLISH", CommandArgument(channel), "nobody"])
    var iterator = messages.makeAsyncIterator()
    let heard = try await iterator.next().map { String(decoding: $0.payload, as: UTF8.self) }
    return heard == Self.tokens.id.rawValue ? nil : "\(heard ?? "nothing") was told to the next one"
  }

  private func ask(_ session: String, _ amount: Int64, rank: Int64, at time: Int64) async throws -> [BatchDecision] {
    let batch = AcquireBatch(
      session: session, lane: Self.lane, operation: 1, notAfter: ServerTime(microseconds: time + 1_000),
      limits: [Self.tokens],
      requests: [
        AcquireBatch.Request(
          hold: 1_000, waitsUntil: ServerTime(microseconds: time + 90_000_000), rank: Self.start + rank,
          needs: [AcquireBatch.Need(limit: 0, amount: amount)])
      ])
    guard case .acquired(.decided(_, _, _, let decisions)) = try await model.perform(.acquire(batch), at: time) else {
      return []
    }
    return decisions
  }
}
