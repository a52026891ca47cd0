import Foundation
import Hiredis
import LimiterCore
import LimiterRedis
import RedisClient

/// Removes what a run has made in somebody's Redis, when its workers have gone.
///
/// By name, not by a search: the keys of a domain are few and known, a search would walk through everything that this Redis
/// holds, and the limiter's user in `docs/limiterd.acl` may not search.
enum RedisCleanup {
  /// - Parameter start: when the run began.
  /// - Returns: what to tell the user when keys were left.
  static func remove(_ policy: SimulationPolicy, since start: Date, at url: String) async -> String? {
    let prefix = DomainKeys(domain: policy.domain).prefix
    // On which permits may have been granted, by a server's clock that is not far from ours.
    let days = day(start) - 1...max(day(start), day(.now)) + 1
    // In which calls may have been counted: what was counted before has expired.
    let minutes = max(minute(start), minute(.now) - fleetMinutes) - 1...max(minute(start), minute(.now)) + 1
    do {
      try await RedisVisit.make(url) { client in
        // Closed sessions have gone already; those of workers that were killed have not.
        let reply = try await client.send(["ZRANGE", CommandArgument(prefix + "sessions"), "0", "-1"])
        guard case .array(let sessions) = reply else { return }
        let names = names(policy, sessions: sessions.compactMap(\.string), days: days, minutes: minutes)
        _ = try await client.send(["UNLINK"] + names.map { CommandArgument(prefix + $0) })
      }
      return nil
    } catch {
      return
        "keys of this run may be left in Redis (\(error)); remove them with: redis-cli --scan --pattern '\(prefix)*' | xargs -r redis-cli unlink"
    }
  }

  /// How long a minute's counts are kept, see `docs/redis-keys.md`.
  private static let fleetMinutes: Int64 = 20

  private static func minute(_ date: Date) -> Int64 { Int64(date.timeIntervalSince1970 / 60) }
  private static func day(_ date: Date) -> Int64 { Int64(date.timeIntervalSince1970 / 86_400) }

  /// Every key that a run can have, without the domain's prefix.
  private static func names(
    _ policy: SimulationPolicy, sessions: [String], days: ClosedRange<Int64>, minutes: ClosedRange<Int64>
  ) -> [String] {
    let resolver = PolicyResolver(policy: policy.policy) { _, _ in .lifetime }
    // Enough tokens to meet every limit.
    let limits = policy.models.flatMap { model in
      let request = AdmissionRequest(
        model: model.name, inputTokens: 1_000_000, outputTokens: 1_000_000, run: SimulationPolicy.run)
      return resolver.resolve(request, at: ServerTime(microseconds: 0)).map(\.limit)
    }
    var names = ["epoch", "sessions", "cooldowns", "fleet:alert"]
    names += policy.models.map { "cooldown:\(LimitID.encode($0.name))" }
    names += sessions.map { "session:\($0)" }
    names += days.map { "unsettled:\($0)" }
    names += minutes.map { "fleet:\($0)" }
    for limit in limits {
      names += [limit.keyName, limit.keyName + ":sum", limit.keyName + ":held"]
      names += ["waiters:\(limit.id)", "observed:\(limit.id)"]
    }
    return names
  }
}
