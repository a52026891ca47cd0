import LimiterCore
package import ArgumentParser
import Foundation
import Logging

/// `limiterd`.
package struct LimiterdCommand: AsyncParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "limiterd",
    abstract: "Many worker processes share the quotas of LLM providers, exactly.",
    discussion: """
      Exit status: 0 when all went well, 1 when something failed (a call that nobody has planned to fail, a worker, the check, a file) or a limit was passed, 64 when the command line makes no sense.
      """,
    version: LimiterVersion.text,
    subcommands: [
      ServeCommand.self, DemoCommand.self, SimulateCommand.self, ProviderCommand.self, SimulateWorkerCommand.self,
    ])

  package init() {}

  /// Runs the command line of this process and ends the process.
  package static func run() async {
    StandardError.occupyClosedStreams()
    StandardError.finishAtExit()
    // A worker that has gone must not take its parent with it.
    signal(SIGPIPE, SIG_IGN)
    // Standard output belongs to reports, and to the messages of workers.
    LoggingSystem.bootstrap { StreamLogHandler(label: $0, stream: StandardError()) }
    await main()
  }
}
