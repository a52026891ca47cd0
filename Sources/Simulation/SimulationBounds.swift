/// The bounds of a simulation, by name. Those of limits and of the guard are the policy's: `LimiterBounds`, `ConfigurationBounds`.
package enum SimulationBounds {
  package static let workers = 1...256
  /// Processes of `limiterd serve` between the workers and Redis.
  package static let limiterds = 1...16
  /// How long Redis may be silent: provider, workers and Redis are on one machine, which may be busy.
  package static let redisSlowAfter: Duration = .seconds(5)
  /// How long they may take to end.
  package static let sidecarEnd: Duration = .seconds(15)
  /// Seconds of arrivals.
  package static let duration = 1.0...86_400.0
  package static let load = 0.01...100.0
  /// Calls of one run. More would fill the memory of the processes, not the limits.
  package static let arrivals = 2_000_000
  /// Tokens of one call of a trace, of each kind.
  package static let tokens: ClosedRange<Int64> = 0...100_000_000
  /// Between a call of a trace and its first one.
  package static let traceSpan: Duration = .seconds(366 * 86_400)
  /// Bytes of a trace.
  package static let traceBytes = 1 << 30
  /// Bytes of the file of a simulated provider.
  package static let providerFileBytes = 1 << 20
  /// Bytes of a request to the simulated provider.
  package static let requestBytes = 8 << 20
  /// The longest simulated answer.
  package static let latency: Duration = .seconds(30)
  /// How long calls may still run after the last arrival, before their workers are ended.
  package static let drain: Duration = .seconds(40)
  /// Bytes of one line between parent and worker.
  package static let line = 256 << 20
  /// Connections of all workers that are opened before the start.
  package static let connections = 256
  /// Kinds of errors that a worker tells apart.
  package static let errors = 8
  /// Characters of such an error; several times as many as the longest that we write.
  package static let errorText = 2_000
  /// How long the workers may take to start.
  package static let start: Duration = .seconds(60)
}
