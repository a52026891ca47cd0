/// Every bound of the module, by name.
package enum SimulationBounds {
  package static let workers = 1...256
  /// Seconds of arrivals.
  package static let duration = 1.0...86_400.0
  package static let load = 0.01...100.0
  /// Calls of one run. More would fill the memory of the processes, not the limits.
  package static let arrivals = 2_000_000
  package static let amount: ClosedRange<Int64> = 1...1_000_000_000_000
  package static let concurrency: ClosedRange<Int64> = 1...1_000_000
  package static let window: ClosedRange<Duration> = .milliseconds(100)...(.seconds(86_400))
  package static let guardTime: ClosedRange<Duration> = .zero ... .seconds(60)
  /// Dollars.
  package static let budget = 1_000_000
  /// Tokens of one call of a trace, of each kind.
  package static let tokens: ClosedRange<Int64> = 0...100_000_000
  /// Bytes of a trace file.
  package static let traceBytes = 1 << 30
  /// Bytes of a request to the simulated provider.
  package static let requestBytes = 1 << 16
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
  /// How long the workers may take to start.
  package static let start: Duration = .seconds(60)
}
