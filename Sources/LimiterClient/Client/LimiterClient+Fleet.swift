public import LimiterCore

extension LimiterClient {
  /// What all workers of the domain have counted in this minute and the five before it: calls, retries, fallbacks, money.
  ///
  /// - Throws: ``LimiterError``; `CancellationError`.
  /// - Complexity: one script call.
  public func fleet() async throws -> FleetReport {
    try await backend.report([:], alarm: FleetAlarm(fallbacksPerMille: nil))
  }
}
