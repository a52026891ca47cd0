import LimiterCore
package import ArgumentParser
import Foundation

/// `limiterctl`: for the person on call.
package struct LimiterctlCommand: AsyncParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "limiterctl",
    abstract: "Looks into a limiterd: limits, who holds, who waits and why; corrects budgets; drains.",
    discussion: """
      It asks a limiterd at its Unix socket: --socket, or $LIMITERD_SOCKET, or where `limiterd serve` listens when nobody says it. All but `drain` \
      also work straight against Redis: --config FILE --redis URL. `complete` asks a model, within the limits.

      Exit status: 0 when all went well; 1 when limiterd or Redis did not answer, or refused, or the output cannot be written; 64 when the command line \
      makes no sense; 141, without a word, when the reader of the output has gone.
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
    // A reader that goes is an error of the write, which a call that is under way outlives.
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try await asyncParseAsRoot()
      if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
    } catch {
      guard exitCode(for: error).isSuccess else { exit(withError: error) }
      // Help and the version.
      do { try Output.print(fullMessage(for: error)) } catch { exit(withError: error) }
    }
  }
}
