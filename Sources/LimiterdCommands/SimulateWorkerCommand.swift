package import ArgumentParser
import Foundation
import Simulation

/// `limiterd simulate-worker`: a worker process of `simulate`, which talks to it over its standard input and output.
package struct SimulateWorkerCommand: AsyncParsableCommand {
  package static let name = "simulate-worker"

  package static let configuration = CommandConfiguration(
    commandName: name, abstract: "A worker process of `simulate`; not for people.", shouldDisplay: false)

  package init() {}

  package func run() async throws {
    // Ctrl-C reaches the whole group: the parent alone decides, and the end of our input says that it died.
    signal(SIGINT, SIG_IGN)
    signal(SIGTERM, SIG_IGN)
    throw ExitCode(await SimulationWorker.run())
  }
}
