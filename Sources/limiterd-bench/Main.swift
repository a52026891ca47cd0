import ArgumentParser

/// `scripts/bench`: what the limiter costs, as ratios against naive scripts on the same Redis in the same run.
@main
struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measures the limiter against naive scripts, on the same Redis in the same run.",
    subcommands: [CoreBench.self, SidecarBench.self, RestBench.self, LibraryBench.self],
    defaultSubcommand: CoreBench.self)
}
