package import ArgumentParser
import Foundation
import Simulation
import UnixSignals

/// `limiterd provider`.
package struct ProviderCommand: AsyncParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "provider",
    abstract: "A simulated provider: OpenAI's and Anthropic's shapes, limits of its own, faults on a script.",
    discussion: """
      It serves /v1/chat/completions, /v1/responses, /v1/messages and /v1/embeddings on loopback, whole and as streams, counts four bytes as a \
      token, and accepts any key: for anybody's tests. docs/provider.md has the file's keys.
        OPENAI_BASE_URL=http://127.0.0.1:8080/v1 OPENAI_API_KEY=any limiterctl complete --model gpt-4o "hello"
      """)

  @Option(help: ArgumentHelp("Limits and faults; without it there are none.", valueName: "file"))
  package var config: String?

  @Option(
    help: ArgumentHelp("The port on 127.0.0.1; 0: any. (default: as the file says, or 8080)", valueName: "number"))
  package var port: Int?

  @Option(
    help: ArgumentHelp(
      "A line of JSON for each decided call, as it comes: when, model, user, tokens, whether it was accepted.",
      valueName: "file"))
  package var log: String?

  package init() {}

  package func validate() throws {
    if let port, !(0...65_535).contains(port) { throw ValidationError("--port: expected 0 to 65535, got \(port)") }
  }

  package func run() async throws {
    do {
      var configuration =
        try config.map { path throws(SimulationError) in try ProviderFile.read(path: path) }
        ?? ProviderConfiguration(limits: SimulationLimits(windows: []))
      if let port { configuration.port = port } else if config == nil { configuration.port = 8_080 }
      var tell: (@Sendable (ProviderLogLine) -> Void)?
      if let log {
        let file = try ProviderLogFile(path: log)
        tell = { file.write($0) }
      }
      let provider = SimulatedProvider(configuration, tell: tell)
      let signals = await UnixSignalsSequence(trapping: [.sigint, .sigterm])
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          try await provider.run { address in
            // Whoever starts it waits for this line.
            print("the provider answers at \(address)/v1")
            fflush(nil)
          }
        }
        group.addTask { for await _ in signals { return } }
        // A signal, or an error.
        try await group.next()
        group.cancelAll()
      }
      report(provider)
    } catch let error as SimulationError {
      StandardError.write("Error: \(error.message)\n")
      throw ExitCode(1)
    } catch {
      StandardError.write("Error: the provider cannot listen: \(error)\n")
      throw ExitCode(1)
    }
  }

  private func report(_ provider: SimulatedProvider) {
    let totals = provider.ledger.totals
    print("\(totals.requests) calls, \(totals.rejected) rejected with 429, \(totals.tokens) tokens")
    for (kind, count) in provider.ledger.faults.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      print("  \(kind.rawValue) \(count)")
    }
    for (model, bill) in provider.ledger.bills.sorted(by: { $0.key < $1.key }) {
      print("  \(model): \(bill.calls) calls billed, \(bill.input) + \(bill.output) tokens")
    }
  }
}
