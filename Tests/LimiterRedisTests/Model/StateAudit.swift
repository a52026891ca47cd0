import Hiredis
import LimiterCore
@testable import LimiterRedis
import RedisClient

/// Looks at the keys of a domain as a person with redis-cli would, and checks what must always hold.
enum StateAudit {
  static func problem(of model: RedisModel) async throws -> String? {
    let client = model.admin
    for key in try await model.allKeys() {
      if let problem = try await problem(ofKey: key, client) { return "\(key): \(problem)" }
      if try await client.send(["PTTL", CommandArgument(key)]).int ?? 0 < 0, !isAllowedForEver(key) {
        return "\(key) has no time to live"
      }
    }
    return nil
  }

  /// The keys that live without a time to live, and why: docs/redis-keys.md.
  private static func isAllowedForEver(_ key: String) -> Bool {
    let name = key.split(separator: ":", maxSplits: 2).last.map(String.init) ?? key
    return ["epoch", "sessions", "adjustments", ModelScripts.clockKey].contains(name)
      || name.hasPrefix("session:") || name.hasPrefix("slots:")
  }

  private static func problem(ofKey key: String, _ client: RedisClient) async throws -> String? {
    if key.hasSuffix(":sum") {
      let log = String(key.dropLast(4))
      let members =
        try await client.send(["ZRANGE", CommandArgument(log), "0", "-1"]).array?.compactMap(\.string) ?? []
      let sum = members.reduce(0) { $0 + (Int64($1.split(separator: ":").last ?? "") ?? .min) }
      let total = try await client.send(["GET", CommandArgument(key)]).int
      return total == sum && sum >= 0 ? nil : "the running total is \(total ?? -1), the log adds up to \(sum)"
    }
    if key.contains(":budget:") {
      let value = try await client.send(["GET", CommandArgument(key)]).int ?? -1
      return value >= 0 ? nil : "negative: \(value)"
    }
    if key.contains(":slots:") {
      let fields = try await client.send(["HGETALL", CommandArgument(key)]).array ?? []
      var (total, sum): (Int64, Int64) = (0, 0)
      for index in stride(from: 0, to: fields.count - 1, by: 2) {
        let count = fields[index + 1].int ?? -1
        if fields[index].string == "total" { total = count } else { sum += count }
        if count <= 0 { return "not positive: \(fields[index].string ?? "") \(count)" }
      }
      return total == sum ? nil : "total \(total), sessions hold \(sum)"
    }
    return nil
  }
}
