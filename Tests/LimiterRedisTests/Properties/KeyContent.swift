import Hiredis
import LimiterCore
import LimiterRedis
import RedisClient

/// What stands in the keys of a domain, read as a person with redis-cli would read it.
struct KeyContent {
  private enum Value: Equatable {
    case text(String)
    /// Field and value, by field.
    case fields([String: String])
    /// Member and score.
    case scores([String: Int64])
  }

  private var values: [String: Value] = [:]

  static func read(_ model: RedisModel) async throws -> KeyContent {
    var content = KeyContent()
    for key in try await model.allKeys() where !key.hasSuffix(ModelScripts.clockKey) {
      content.values[String(key.dropFirst(model.keys.prefix.count))] = try await value(of: key, model.admin)
    }
    return content
  }

  private static func value(of key: String, _ client: RedisClient) async throws -> Value {
    let name = CommandArgument(key)
    switch try await client.send(["TYPE", name]).string {
    case "hash": return .fields(pairs(try await client.send(["HGETALL", name])))
    case "zset":
      return .scores(
        pairs(try await client.send(["ZRANGE", name, "0", "-1", "WITHSCORES"])).mapValues { Int64($0) ?? -1 })
    case "stream": return .text("\(try await client.send(["XLEN", name]).int ?? -1) records")
    case "list": return .text("a list")
    default: return .text(try await client.send(["GET", name]).string ?? "(none)")
    }
  }

  private static func pairs(_ reply: Reply) -> [String: String] {
    let texts = (reply.array ?? []).map { $0.string ?? "" }
    return stride(from: 0, to: texts.count - 1, by: 2).reduce(into: [:]) { $0[texts[$1]] = texts[$1 + 1] }
  }

  /// Only what counts at `now`: entries that have not left their window, no remembered answers, no places in the queue,
  /// and not the time of the last call.
  func live(at now: Int64, windows: [String: Int64]) -> [String: String] {
    var live: [String: String] = [:]
    for (key, value) in values where !key.hasPrefix("waiters:") {
      switch value {
      case .text(let text):
        // A running total says what the log says, and what has left may still be in it.
        if !key.hasSuffix(":sum") { live[key] = text }
      case .fields(let fields):
        let kept = fields.filter { !$0.key.hasPrefix("lane:") && !$0.key.hasPrefix("intent:") && $0.key != "last_us" }
        if !kept.isEmpty { live[key] = Self.text(kept) }
      case .scores(let scores):
        let cutoff = windows[key].map { now - $0 } ?? Int64.min
        let kept = scores.filter { $0.value > cutoff }
        if !kept.isEmpty { live[key] = Self.text(kept.mapValues(\.description)) }
        if let total = liveTotal(of: key, cutoff: cutoff) { live[key + ":sum"] = total.description }
      }
    }
    return live
  }

  /// What counts in a limit at `now`.
  func amount(of limit: EffectiveLimit, at now: Int64) -> Int64 {
    switch (limit.allowance, values[limit.keyName]) {
    case (.window(_, let length), .scores(let scores)?):
      return scores.filter { $0.value > now - length }
        .reduce(Int64(0)) { $0 + (Int64($1.key.split(separator: ":").last ?? "") ?? 0) }
    case (.budget, .text(let spent)?):
      // A correction alone makes no `held`.
      guard case .text(let held)? = values[limit.keyName + ":held"] else { return Int64(spent) ?? .min }
      return (Int64(spent) ?? .min) + (Int64(held) ?? .min)
    case (.concurrency, .fields(let fields)?):
      return fields["total"].flatMap { Int64($0) } ?? .min
    default: return 0
    }
  }

  /// The running total without what has left.
  private func liveTotal(of log: String, cutoff: Int64) -> Int64? {
    guard case .text(let text)? = values[log + ":sum"], let sum = Int64(text), case .scores(let scores)? = values[log]
    else { return nil }
    let gone = scores.filter { $0.value <= cutoff }
      .reduce(Int64(0)) { $0 + (Int64($1.key.split(separator: ":").last ?? "") ?? 0) }
    return sum == gone ? nil : sum - gone
  }

  private static func text(_ fields: [String: String]) -> String {
    fields.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
  }
}
