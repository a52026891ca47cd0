import LimiterCore
package import ArgumentParser
import Foundation

/// `limiterctl`: for the person on call.
package struct LimiterctlCommand: AsyncParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "limiterctl",
    abstract: "Looks into a limiterd: limits, who holds, who waits and why; corrects budgets; drains.",
    discussion: """
      It asks a limiterd at its Unix socket (--socket, or LIMITERD_SOCKET, or limiterd.sock here). All but `drain` \
      also work straight against Redis: --config FILE --redis URL. `complete` asks a model, within the limits.

      Exit status: 0 when all went well; 1 when limiterd or Redis did not answer, or refused; 64 when the command line makes no sense.
      """,
    version: LimiterVersion.text,
    subcommands: [
      StatusCommand.self, LimitsCommand.self, TopCommand.self, ExplainCommand.self, PermitsCommand.self,
      QueueCommand.self, BudgetCommand.self, DrainCommand.self, CooldownsCommand.self, RunsCommand.self,
      ConfigCommand.self,
      CompleteCommand.self,
    ])

  package init() {}

  /// Runs the command line of this process and ends the process.
  package static func run() async {
    signal(SIGPIPE, SIG_IGN)
    await main()
  }
}
