package import LimiterCore
internal import LimiterRedis
internal import NIOCore
internal import RedisClient

extension Limiter {
  /// Limits that one look tells.
  private static let mostLimits = 500

  package func waiting() async throws -> [LimitCrowd] {
    let keys = DomainKeys(domain: settings.policy.domain)
    let begin = keys.waiters
    do {
      let found = try await eventLoop.flatSubmit { [client, settings] in
        KeyScan(client, deadline: .now() + TimeAmount(settings.patience)).keys(beginning: begin, most: Self.mostLimits)
      }.get()
      let limits = found.map { String($0.dropFirst(begin.count)) }.sorted().map(LimitID.init(rawValue:))
      let call = LookCodec.call(waitersOf: limits, keys: keys)
      let reply = try await client.evaluate(scripts.look, keys: call.keys, arguments: call.arguments)
      return try LookCodec.answer(reply, for: limits).crowds
    } catch {
      throw LimiterError.translate(error, asked: .view)
    }
  }

  /// Who waits for windows and slots of a call, and who holds the slots; nobody waits for money.
  func crowds(of limits: [EffectiveLimit]) async throws -> [LimitID: LimitCrowd] {
    let shared = limits.filter { !$0.isBudget }
    guard !shared.isEmpty else { return [:] }
    let call = LookCodec.call(shared, keys: DomainKeys(domain: settings.policy.domain))
    let reply = try await client.evaluate(scripts.look, keys: call.keys, arguments: call.arguments)
    let crowds = try LookCodec.answer(reply, for: shared.map(\.id)).crowds
    return Dictionary(crowds.map { ($0.limit, $0) }) { first, _ in first }
  }

  /// The processes of the domain, and at most so many of the permits that they hold.
  package func hosts(listing permits: Int = 0) async throws -> DomainHosts {
    let call = HostsCodec.call(listing: permits, keys: DomainKeys(domain: settings.policy.domain))
    do {
      return try HostsCodec.answer(
        try await client.evaluate(scripts.hosts, keys: call.keys, arguments: call.arguments))
    } catch {
      throw LimiterError.translate(error, asked: .view)
    }
  }
}
