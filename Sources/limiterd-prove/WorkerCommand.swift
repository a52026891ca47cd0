import ArgumentParser
import FaultTrials

/// `limiterd-prove worker`: a worker process of a trial.
struct WorkerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker", abstract: "A worker process of a trial; not for people.", shouldDisplay: false)

  @Argument var order: String

  func run() async throws { try await TrialWorker(WorkerOrder(text: order)).run() }
}
