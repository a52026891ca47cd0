import ArgumentParser
import Foundation
import Simulation
import UnixSignals

/// Runs a simulation for a person: progress on standard error, the report on standard output, JSON in a file.
struct SimulationRunner {
  let settings: SimulationSettings
  let jsonPath: String?

  func run() async throws {
    let outcome: SimulationOutcome
    do {
      let run = try SimulationRun(settings, progress: .standardError())
      outcome = try await withInterrupts { try await run.run(interrupts: $0) }
    } catch let error as SimulationError {
      fail("\(error)")
      throw ExitCode(error.code == .configuration ? ExitCode.validationFailure.rawValue : 1)
    }
    // Each form by itself: one that cannot be written does not take the other with it.
    let isPrinted = wrote("the report, to standard output") {
      try FileHandle.standardOutput.write(contentsOf: Data(ReportText.format(outcome).utf8))
    }
    let isStored = wrote("--json") { if let jsonPath { try ReportFile.write(outcome.report, to: jsonPath) } }
    guard isPrinted, isStored, outcome.isClean else { throw ExitCode(1) }
  }

  /// SIGINT and SIGTERM become elements of a stream, instead of the end of the process.
  private func withInterrupts<Result: Sendable>(
    _ body: (AsyncStream<Void>) async throws -> Result
  ) async throws -> Result {
    let signals = await UnixSignalsSequence(trapping: [.sigint, .sigterm])
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { for await _ in signals { continuation.yield() } }
      defer { group.cancelAll() }
      return try await body(stream)
    }
  }

  private func wrote(_ what: String, _ write: () throws -> Void) -> Bool {
    do { try write() } catch {
      fail("\(what): could not be written: \(SystemText.of(error))")
      return false
    }
    return true
  }

  private func fail(_ message: String) { StandardError.write("Error: \(message)\n") }
}
