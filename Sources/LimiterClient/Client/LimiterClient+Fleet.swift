public import LimiterCore

extension LimiterClient {
  /// Who waits, on all hosts: the limits for which somebody does, by name, at most 500.
  ///
  /// - Throws: ``LimiterError``; `CancellationError`.
  /// - Complexity: it walks over all keys of the Redis, in steps: for people that look.
  public func waiting() async throws -> [LimitCrowd] { try await backend.waiting().filter { !$0.waiters.isEmpty } }

  /// The runs that have spent or hold something of a budget per run, in no order; at most 1,000.
  ///
  /// - Throws: ``LimiterError``; `CancellationError`.
  /// - Complexity: it walks over all keys of the Redis, in steps: for people that look.
  public func runs() async throws -> [RunUsage] { try await backend.runs() }

  /// What all workers of the domain have counted in this minute and the five before it: calls, retries, fallbacks, money.
  ///
  /// - Throws: ``LimiterError``; `CancellationError`.
  /// - Complexity: one script call.
  public func fleet() async throws -> FleetReport {
    try await backend.report([:], alarm: FleetAlarm(fallbacksPerMille: nil))
  }
}
