package import ArgumentParser
import Simulation

/// `limiterd demo`.
package struct DemoCommand: AsyncParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "See it work: worker processes, a provider, Redis and a check, on this machine, in about a minute.",
    discussion: """
      The same as `simulate` with a made-up trace (log-normal sizes, arrivals in bursts) and limits that are too small for it. \
      Every option of `simulate` but --trace, --chain and --faults works here, too.

      Without options: \(workers) workers through \(SimulationRoute.limiterds) limiterds on one Redis, \(Int(duration.seconds)) s, \(limits.joined(separator: ", ")) and \
      \(Dollars.format(nanodollars: budget)) USD.

      \(HelpText.report)
      """)

  static let duration = Duration.seconds(52)
  static let workers = 8
  static let budget: Int64 = 50_000_000_000
  static let limits = ["requests=300/10s", "tokens=400000/10s", "concurrency=64"]

  @OptionGroup package var options: SimulationOptions

  package init() {}

  package func validate() throws {
    _ = try settings()
  }

  package func run() async throws {
    try await SimulationRunner(settings: try settings(), jsonPath: options.json).run()
  }

  func settings() throws -> SimulationSettings {
    try options.settings(
      source: .synthetic,
      defaults: .init(
        workers: Self.workers, duration: Self.duration, limits: Self.limits.map(LimitText.init(parsing:)),
        budget: Self.budget, route: .limiterd))
  }
}
