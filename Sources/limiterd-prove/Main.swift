import ArgumentParser

/// `scripts/prove`: real processes under faults, and then the oracle.
@main
struct Prove: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prove",
    abstract:
      "Redis, limiterds and workers as processes, under seeded faults; then independent oracles judge what happened.",
    subcommands: [RunCommand.self, WorkerCommand.self], defaultSubcommand: RunCommand.self)
}
