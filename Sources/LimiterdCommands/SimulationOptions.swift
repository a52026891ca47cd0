package import ArgumentParser
import Foundation
import LimiterConfiguration
package import Simulation

/// The options that `simulate` and `demo` share.
package struct SimulationOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Worker processes (\(HelpText.workers)). (default: \(HelpText.defaultWorkers))", valueName: "n"))
  package var workers: Int?

  @Option(
    help: ArgumentHelp(
      "Whom the workers ask: limiterd (as many processes of `limiterd serve` as --limiterds says) or direct (Redis). (default: direct, or limiterd with --limiterds; demo: limiterd)",
      valueName: "route"))
  package var via: SimulationRoute?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Processes of limiterd between the workers and Redis (\(HelpText.limiterds), at most one per worker). (default: \(SimulationRoute.limiterds))",
      valueName: "n"))
  package var limiterds: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How long calls arrive; what was sent is awaited. Seconds, or with a unit, as 90s or 2m (\(HelpText.duration)). (default: \(HelpText.defaultDuration))",
      valueName: "time"),
    transform: OptionText.duration)
  package var duration: Duration?

  @Option(
    name: .customLong("limit"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "A limit of the provider, each unit once: requests=300/10s, tokens=400000/10s, input_tokens=..., output_tokens=..., concurrency=64. \(HelpText.limit)",
      valueName: "limit"),
    transform: { text in try OptionText.checked { () throws(SimulationError) in try LimitText(parsing: text) } })
  package var limits: [LimitText] = []

  @Option(
    name: .customLong("budget-usd"), parsing: .unconditional,
    help: ArgumentHelp(
      "What the whole run may cost, at the model's price: \(HelpText.dollars). (default: \(HelpText.budget))",
      valueName: "usd"),
    transform: OptionText.dollars)
  package var budget: Int64?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The share of the limits that is used: above 0, up to 1, with 3 decimals. (default: 1.0)", valueName: "share"),
    transform: OptionText.perMille)
  package var headroom: Int64?

  @Option(
    name: .customLong("guard"), parsing: .unconditional,
    help: ArgumentHelp(
      "Time added to each window, because a call arrives at the provider some time after it was admitted (\(HelpText.guardTime)). (default: 250ms)",
      valueName: "time"),
    transform: OptionText.guardTime)
  package var guardTime: Duration?

  @Option(
    help: ArgumentHelp(
      "The model, for its price; with --chain its models are. (default: \(HelpText.defaultModel))", valueName: "name"))
  package var model: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Offered calls, as a multiple of what the binding limit admits in the run (\(HelpText.load)).",
      valueName: "factor"))
  package var load = 1.3

  @Option(
    help: ArgumentHelp(
      "A Redis to use: redis://, rediss:// or unix://. Without it, a private redis-server is started, and its history is checked. The run has a domain of its own there, and removes its keys at its end.",
      valueName: "url"))
  package var redis: String?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Where in the trace to begin; for demo, which trace.", valueName: "n"))
  package var seed: UInt64 = 1

  @Option(help: ArgumentHelp("Write the report there as JSON, too.", valueName: "file"))
  package var json: String?

  package init() {}

  package func validate() throws {
    try check("--workers", workers.map(Double.init), HelpText.range(SimulationBounds.workers), "whole number")
    try check("--limiterds", limiterds.map(Double.init), HelpText.range(SimulationBounds.limiterds), "whole number")
    if via == .direct, limiterds != nil {
      throw ValidationError("--limiterds: expected --via limiterd with it, got --via direct, which asks none")
    }
    try check("--load", load, SimulationBounds.load, "number")
    try check("--duration", duration?.seconds, SimulationBounds.duration, "number of seconds")
    if let json { try ReportFile.check(json) }
  }

  private func check(_ name: String, _ value: Double?, _ range: ClosedRange<Double>, _ what: String) throws {
    guard let value, !range.contains(value) else { return }
    throw ValidationError("\(name): expected a \(what) from \(HelpText.of(range)), got \(HelpText.of(value))")
  }
}

extension SimulationOptions {
  /// What holds for options that are not given.
  struct Defaults {
    var workers: Int
    var duration: Duration
    var limits: [LimitText]
    var budget: Int64?
    var route = SimulationRoute.direct
  }

  /// As many limiterds as workers are to ask.
  private func limiterds(_ defaults: Defaults, workers: Int) throws(SimulationError) -> Int {
    let route = via ?? (limiterds != nil ? .limiterd : defaults.route)
    guard route == .limiterd else { return 0 }
    if let limiterds, limiterds > workers {
      throw SimulationError(
        .configuration, "--limiterds: expected at most one per worker (\(workers)), got \(limiterds)")
    }
    return limiterds ?? min(SimulationRoute.limiterds, workers)
  }

  func settings(source: SimulationSettings.Source, defaults: Defaults) throws -> SimulationSettings {
    try OptionText.checked { () throws(SimulationError) in
      var settings = SimulationSettings(
        source: source, workers: workers ?? defaults.workers, duration: duration ?? defaults.duration,
        limits: try SimulationLimits(limits.isEmpty ? defaults.limits : limits),
        model: try SimulatedModel(name: model ?? HelpText.defaultModel),
        worker: [Executable.path, SimulateWorkerCommand.name])
      settings.budget = budget ?? defaults.budget
      settings.headroomPerMille = headroom ?? settings.headroomPerMille
      settings.guardTime = guardTime ?? settings.guardTime
      settings.limiterds = try limiterds(defaults, workers: settings.workers)
      settings.sidecar = [Executable.path, "serve"]
      settings.load = load
      settings.redisURL = redis
      settings.seed = seed
      return settings
    }
  }
}
