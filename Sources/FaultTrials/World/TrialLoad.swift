/// How much work the workers of a trial do.
package struct TrialLoad: Sendable, Hashable {
  package var limiterds: Int
  package var workers: Int
  /// Tasks of each worker that call.
  package var callers: Int
  /// Those among them that belong to tenants, and mostly wait.
  package var tenantCallers: Int
  /// Microseconds from one call of a caller to its next.
  package var period: Int
  /// Microseconds that a permit is held at most.
  package var longestHold: Int
  /// How long a call waits for its limits, in milliseconds.
  package var wait = 3_000
  /// The part of the windows that the offered load takes.
  package var use: Double
  /// Steady work before it is measured, and how long it is measured before the first fault.
  package var warmUp: Duration = .seconds(1)
  package var baseline: Duration = .milliseconds(2_500)
  /// The share of the throughput before the first fault that must come back in time.
  package var recoveredShare = TrialBounds.recoveredShare

  /// About 2,000 calls a second in 6 processes.
  package static let full = TrialLoad(
    limiterds: 2, workers: 6, callers: 26, tenantCallers: 2, period: 72_000, longestHold: 12_000, use: 0.8)
  /// About 150 calls a second, for tests that run beside others in a debug build. How fast a busy machine is tells nothing: work must come back.
  package static let light = TrialLoad(
    limiterds: 2, workers: 3, callers: 7, tenantCallers: 2, period: 100_000, longestHold: 20_000, wait: 6_000,
    use: 0.6, warmUp: .milliseconds(500), baseline: .milliseconds(1_500),
    recoveredShare: 0.4)

  /// Fewer calls, each of which is also made over HTTP.
  var callingProvider: TrialLoad {
    var load = self
    load.period *= 4
    return load
  }

  /// Calls a second of those that do not belong to tenants.
  var perSecond: Double {
    Double(workers * (callers - tenantCallers)) * 1_000_000 / Double(period)
  }
}
