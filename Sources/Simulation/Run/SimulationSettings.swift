/// What is simulated.
package struct SimulationSettings: Sendable {
  package enum Source: Sendable, Hashable {
    case file(String)
    /// ``SyntheticTrace`` of the seed.
    case synthetic
  }

  package var source: Source
  package var workers: Int
  /// How long calls arrive.
  package var duration: Duration
  package var limits: SimulationLimits
  /// Nanodollars for the whole run; `nil`: no budget.
  package var budget: Int64?
  /// The share of the limits that is used, in thousandths.
  package var headroomPerMille: Int64 = 1_000
  package var guardTime: Duration = .milliseconds(250)
  package var model: SimulatedModel
  /// With a chain calls go through the whole library: retries, cooldowns, the other models, `cache` at its end. The first is ``model``.
  package var chain: ModelChainText?
  /// What goes wrong at the provider.
  package var faults: [ProviderFault] = []
  /// Processes of `limiterd serve` that the workers ask; 0: they ask Redis themselves.
  package var limiterds = 0
  /// The program that is started as a limiterd, and its first arguments.
  package var sidecar: [String] = []
  /// Offered calls, as a multiple of what the binding limit admits.
  package var load = 1.3
  /// `nil`: a private server is started.
  package var redisURL: String?
  package var seed: UInt64 = 1
  /// The program that is started as a worker, and its arguments.
  package var worker: [String]

  package init(
    source: Source, workers: Int, duration: Duration, limits: SimulationLimits, model: SimulatedModel, worker: [String]
  ) {
    self.source = source
    self.workers = workers
    self.duration = duration
    self.limits = limits
    self.model = model
    self.worker = worker
  }
}
