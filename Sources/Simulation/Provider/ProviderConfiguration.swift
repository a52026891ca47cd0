/// How the simulated provider behaves.
package struct ProviderConfiguration: Codable, Sendable, Hashable {
  package var limits: SimulationLimits
  /// What every answer takes.
  package var baseLatencyMicroseconds: Int64
  /// What each token of output takes on top.
  package var latencyPerOutputTokenMicroseconds: Double
  /// Rejected calls use up the windows too, as with some providers.
  package var countsRejected: Bool
  /// How the windows are counted.
  package var algorithm = WindowAlgorithm.sliding
  /// Each window is checked over parts of a second too, as Azure does.
  package var hasSubWindows = false
  /// Each model has the limits for itself.
  package var isPerModel = false
  /// Tokens of an answer that nothing bounds.
  package var outputTokens: Int64 = 200
  /// What goes wrong, and when.
  package var faults: [ProviderFault] = []
  /// The port on loopback; 0: any.
  package var port = 0

  package init(
    limits: SimulationLimits, baseLatency: Duration = .milliseconds(50),
    latencyPerOutputToken: Duration = .milliseconds(1),
    countsRejected: Bool = false
  ) {
    self.limits = limits
    baseLatencyMicroseconds = baseLatency.microseconds
    latencyPerOutputTokenMicroseconds = Double(latencyPerOutputToken.microseconds)
    self.countsRejected = countsRejected
  }

  /// Latencies at which these calls, at the rate that the limits admit, keep about 40 % of the allowed calls busy
  /// (300 ms on average without such a bound): a quarter is the base, the rest grows with the output.
  package init(limits: SimulationLimits, fitting schedule: Schedule, duration: Duration, load: Double) {
    let count = max(1, Double(schedule.calls.count))
    let rate = count / duration.seconds / max(1, load)
    let mean = limits.concurrency.map { min(2, 0.4 * Double($0) / rate) } ?? 0.3
    let output = max(1, schedule.calls.reduce(0.0) { $0 + Double($1.outputTokens) } / count)
    self.init(limits: limits)
    baseLatencyMicroseconds = Int64(mean * 250_000)
    latencyPerOutputTokenMicroseconds = mean * 750_000 / output
  }

  package func latency(outputTokens: Int64) -> Duration {
    let microseconds = Double(baseLatencyMicroseconds) + latencyPerOutputTokenMicroseconds * Double(outputTokens)
    return min(.microseconds(Int64(microseconds)), SimulationBounds.latency)
  }
}
