internal import Hiredis
package import LimiterCore
package import NIOCore
package import RedisClient

/// Finds the runs of a domain by their budgets' keys, as `redis-cli --scan` would: for people that look, not for decisions.
package struct RunScan: Sendable {
  /// Runs and budgets that one look tells.
  package static let most = 1_000
  private static let step: Int64 = 1_000

  private let client: RedisClient
  private let policy: Policy
  private let prefix: String
  private let deadline: NIODeadline

  package init(_ client: RedisClient, _ policy: Policy, deadline: NIODeadline) {
    self.client = client
    self.policy = policy
    prefix = DomainKeys(domain: policy.domain).prefix
    self.deadline = deadline
  }

  /// Those that have spent or hold something, in no order; called on the client's event loop.
  ///
  /// - Complexity: it walks over all keys of the Redis, a thousand at a time.
  package func usages() -> EventLoopFuture<[RunUsage]> {
    let rules = policy.limits.filter { rule in
      if case .budget = rule.kind { rule.scope == [.run] } else { false }
    }
    return rules.reduce(client.eventLoop.makeSucceededFuture([])) { found, rule in
      found.flatMap { found in scan(rule, cursor: "0", found: found) }
    }
  }

  private func scan(_ rule: LimitRule, cursor: String, found: [RunUsage]) -> EventLoopFuture<[RunUsage]> {
    guard found.count < Self.most else { return client.eventLoop.makeSucceededFuture(found) }
    let begin = "\(prefix)budget:\(rule.name):"
    return send([
      "SCAN", CommandArgument(cursor), "MATCH", CommandArgument(begin + "*"), "COUNT", CommandArgument(Self.step),
    ])
    .flatMap { reply in
      guard let parts = reply.array, parts.count == 2, let next = parts[0].string, let keys = parts[1].array else {
        return client.eventLoop.makeFailedFuture(LimiterRedisError.malformedAnswer("expected a cursor and keys"))
      }
      let names = keys.compactMap(\.string).filter { !$0.hasSuffix(":held") }.prefix(Self.most - found.count)
      return read(Array(names), of: rule, after: begin).flatMap { read in
        let all = found + read
        return next == "0" ? client.eventLoop.makeSucceededFuture(all) : scan(rule, cursor: next, found: all)
      }
    }
  }

  private func read(_ names: [String], of rule: LimitRule, after begin: String) -> EventLoopFuture<[RunUsage]> {
    guard !names.isEmpty, case .budget(let unit, let allowed, _) = rule.kind else {
      return client.eventLoop.makeSucceededFuture([])
    }
    let keys = names.flatMap { [CommandArgument($0), CommandArgument($0 + ":held")] }
    return send(["MGET"] + keys).map { reply in
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

  private func send(_ words: [CommandArgument]) -> EventLoopFuture<Reply> {
    let promise = client.eventLoop.makePromise(of: Reply.self)
    client.send(words, deadline: deadline, promise: promise)
    return promise.futureResult
  }
}
