internal import Hiredis
package import LimiterCore
package import NIOCore
internal import RedisClient

/// Finds the runs of a domain by their budgets' keys: for people that look, not for decisions.
package struct RunScan: Sendable {
  /// Runs and budgets that one look tells.
  package static let most = 1_000

  private let scan: KeyScan
  private let policy: Policy
  private let prefix: String

  package init(_ scan: KeyScan, _ policy: Policy) {
    self.scan = scan
    self.policy = policy
    prefix = DomainKeys(domain: policy.domain).prefix
  }

  /// Those that have spent or hold something, in no order; called on the client's event loop.
  ///
  /// - Complexity: it walks over all keys of the Redis, a thousand at a time.
  package func usages() -> EventLoopFuture<[RunUsage]> {
    let rules = policy.limits.filter { rule in
      if case .budget = rule.kind { rule.scope == [.run] } else { false }
    }
    return rules.reduce(scan.client.eventLoop.makeSucceededFuture([])) { found, rule in
      found.flatMap { found in usages(of: rule).map { Array((found + $0).prefix(Self.most)) } }
    }
  }

  private func usages(of rule: LimitRule) -> EventLoopFuture<[RunUsage]> {
    let begin = "\(prefix)budget:\(rule.name):"
    // Spent and held are two keys.
    return scan.keys(beginning: begin, most: 2 * Self.most).flatMap { keys in
      read(keys.filter { !$0.hasSuffix(":held") }, of: rule, after: begin)
    }
  }

  private func read(_ names: [String], of rule: LimitRule, after begin: String) -> EventLoopFuture<[RunUsage]> {
    guard !names.isEmpty, case .budget(let unit, let allowed, _) = rule.kind else {
      return scan.client.eventLoop.makeSucceededFuture([])
    }
    let keys = names.flatMap { [CommandArgument($0), CommandArgument($0 + ":held")] }
    return scan.send(["MGET"] + keys).map { reply in
      let values = (reply.array ?? []).map { $0.string.flatMap { Int64($0) } ?? 0 }
      guard values.count == 2 * names.count else { return [] }
      return names.enumerated().compactMap { index, name in
        // `<run>:<period>`; neither has a colon of its own.
        let parts = name.dropFirst(begin.count).split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        return RunUsage(
          run: LimitID.decode(String(parts[0])), rule: rule.name, period: String(parts[1]), unit: unit,
          spent: values[2 * index], held: values[2 * index + 1], allowed: allowed)
      }
    }
  }
}
