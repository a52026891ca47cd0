package import ArgumentParser
import Foundation
package import Simulation

/// `limiterd simulate`.
package struct SimulateCommand: AsyncParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Replay a trace of calls through worker processes that share limits.",
    discussion: """
      Starts a private redis-server (or takes the one of --redis), a provider on loopback that enforces exactly the given limits by its own \
      count and answers 429 as OpenAI does, and worker processes that replay the trace's arrivals and token counts through the library, straight to Redis or through \
      processes of `limiterd serve` (--via, --limiterds). \
      In the end an independent check replays Redis' append-only file and the provider's log.

      EXAMPLE
        limiterd simulate --trace trace.csv --workers 8 --duration 60 --limit requests=600/10s --limit tokens=700000/10s
        limiterd simulate --trace trace.csv --chain gpt-4o,gpt-4o-mini,cache --faults faults.yaml --limit requests=600/10s

      A trace is CSV with the columns TIMESTAMP, ContextTokens and GeneratedTokens. Ctrl-C stops the arrivals; the report still comes. \
      Ctrl-C again ends the workers at once.

      \(HelpText.report)
      """)

  static let workers = 4
  static let duration = Duration.seconds(60)

  @Option(help: ArgumentHelp("The trace: a file or a pipe, or - for standard input.", valueName: "file"))
  package var trace: String

  @Option(
    help: ArgumentHelp(
      "Make the calls through the whole library: retries, cooldowns, and these models, best first, `cache` at the end for an old answer. Each has the limits for itself.",
      valueName: "a,b,cache"),
    transform: { text in try OptionText.checked { () throws(SimulationError) in try ModelChainText(parsing: text) } })
  package var chain: ModelChainText?

  @Option(
    help: ArgumentHelp("What goes wrong at the provider: the key `faults` of docs/provider.md.", valueName: "file"))
  package var faults: String?

  @OptionGroup package var options: SimulationOptions

  package init() {}

  package func validate() throws {
    guard !trace.isEmpty else { throw ValidationError("--trace: expected the path of a CSV file, got \"\"") }
    guard trace == TraceReader.standardInput || FileManager.default.fileExists(atPath: trace) else {
      throw ValidationError("--trace: expected a CSV file, found nothing at \(trace)")
    }
    guard !options.limits.isEmpty else {
      throw ValidationError("expected at least one --limit, as --limit requests=300/10s --limit tokens=400000/10s")
    }
    guard faults == nil || chain != nil else {
      throw ValidationError("--faults: expected --chain with it: without a chain a call that fails is not made again")
    }
    guard chain == nil || options.model == nil else {
      throw ValidationError("--model: expected no --chain with it, whose models are called")
    }
    _ = try settings()
  }

  package func run() async throws {
    try await SimulationRunner(settings: try settings(), jsonPath: options.json).run()
  }

  func settings() throws -> SimulationSettings {
    var settings = try options.settings(
      source: .file(trace), defaults: .init(workers: Self.workers, duration: Self.duration, limits: [], budget: nil))
    if let chain {
      settings.chain = chain
      settings.model = chain.models[0]
    }
    if let faults {
      settings.faults = try OptionText.checked { () throws(SimulationError) in
        let file = try ProviderFile.read(path: faults)
        guard file.limits.windows.isEmpty, file.limits.concurrency == nil else {
          throw SimulationError(.configuration, "\(faults): expected faults only: limits are those of --limit")
        }
        return file.faults
      }
    }
    return settings
  }
}
