import ArgumentParser
import Foundation
import LimiterLLM
import Oracle
import TestSupport
import Testing

@testable import LimiterdCommands
@testable import Simulation

/// The whole library under a provider that fails: real processes, a real Redis, real HTTP.
@Suite(.serialized) struct ChainRunTests {
  private func settings(_ faults: [ProviderFault]) throws -> SimulationSettings {
    var settings = SimulationSettings(
      source: .synthetic, workers: 3, duration: .seconds(8),
      limits: SimulationLimits(
        windows: [
          WindowRule(unit: .requests, amount: 40, length: .seconds(1)),
          WindowRule(unit: .tokens, amount: 60_000, length: .seconds(1)),
        ], concurrency: 40),
      model: try SimulatedModel(name: "gpt-4o"), worker: [Limiterd.path, "simulate-worker"])
    settings.budget = 1_000_000_000_000
    settings.chain = try ModelChainText(parsing: "gpt-4o,gpt-4o-mini,cache")
    settings.load = 0.6
    settings.faults = faults
    return settings
  }

  @Test(arguments: [0, 2])
  func `every call ends with an answer or a reason, and the budget is the provider's bill`(_ limiterds: Int)
    async throws
  {
    var settings = try settings([
      ProviderFault(.rateLimit, from: 1, lasts: 0.5, model: "gpt-4o", retryAfter: "1"),
      ProviderFault(.overloaded, from: 2, to: 3, model: "gpt-4o"), ProviderFault(.serverError, to: 4, every: 9),
      ProviderFault(.notJSON, to: 4, every: 31), ProviderFault(.noUsage, to: 4, every: 13),
      ProviderFault(.wrongUsage, to: 4, every: 17), ProviderFault(.drop, to: 4, every: 37),
    ])
    (settings.limiterds, settings.sidecar) = (limiterds, [Limiterd.path, "serve"])
    let outcome = try await SimulationRun(settings).run(interrupts: AsyncStream { _ in })
    let report = outcome.report
    let chain = try #require(report.chain)
    #expect(outcome.findings.violations == [])
    #expect(outcome.hasHistory && outcome.findings.unjudged == [])
    #expect(report.requests > 50 && report.requests == report.completed + report.failed + report.denied)
    #expect(report.completed >= report.requests * 9 / 10, "\(outcome.notes)")
    #expect(chain.faults["overloaded"] ?? 0 > 0 && chain.faults["rate_limit"] ?? 0 > 0)
    #expect(chain.answered["gpt-4o-mini"] ?? 0 > 0 && report.fallbacks > 0)
    #expect(report.retries > 0 && report.retries * 2 < chain.attempts)
    #expect(chain.recovery == .back && chain.isRecovered, "\(chain)")
    #expect(Set(report.utilisation.keys).isSuperset(of: ["gpt-4o.requests", "gpt-4o-mini.tokens"]))
    let text = ReportText.format(outcome)
    for word in ["answered by", "fallbacks", "recovery", "billed"] { #expect(text.contains(word), "\(text)") }
    let json = try JSONEncoder().encode(report)
    #expect(try JSONDecoder().decode(SimulationReport.self, from: json) == report)
  }

  @Test func `without faults the money is exact`() async throws {
    var settings = try settings([])
    // Saturated, so that what is left at the provider is little: it is never less than was expected.
    settings.load = 1.5
    // Nobody is refused whose way to the provider was not longer than this, and machines are busy.
    settings.guardTime = .seconds(1)
    let outcome = try await SimulationRun(settings).run(interrupts: AsyncStream { _ in })
    #expect(outcome.report.chain?.viewsLowered == 0 && outcome.report.provider.rejected == 0)
    let chain = try #require(outcome.report.chain)
    // Whose permit comes when its time is nearly over may get no answer in it: of such a call alone nobody knows what it cost.
    let late = chain.failures["timeout"] ?? 0
    #expect(late < 10 && outcome.report.failed <= late, "\(chain.failures)")
    #expect(late > 0 || outcome.isClean, "\(outcome.notes)")
    #expect(outcome.findings.violations.isEmpty, "\(outcome.findings.violations)")
    #expect(chain.billed == outcome.report.spent && (chain.unknown == "0.00") == (late == 0))
    #expect(chain.recoverySeconds == nil)
  }

  @Test func `a provider that fails every call is no good run, and nobody was denied`() async throws {
    var settings = try settings([ProviderFault(.serverError)])
    settings.duration = .seconds(4)
    settings.chain = try ModelChainText(parsing: "gpt-4o")
    settings.load = 0.3
    let outcome = try await SimulationRun(settings).run(interrupts: AsyncStream { _ in })
    let report = outcome.report
    #expect(report.requests > 10 && report.completed == 0 && report.denied == 0, "\(outcome.notes)")
    #expect(report.failed == report.requests && outcome.findings.violations == [])
    #expect(report.chain?.recovery == .unknown && !outcome.isClean)
  }

  @Test func `a bill that the budget does not know is a violation`() throws {
    let ledger = ProviderLedger(ProviderConfiguration(limits: SimulationLimits(windows: [])))
    ledger.bill(model: "gpt-4o", input: 10, output: 1)
    let run = try SimulationRun(settings([]))
    var findings = OracleReport()
    let status = WorkerFleet().status
    _ = run.chainReport(status, ledger, &findings, isWhole: true, faultsAreOver: true)
    #expect(findings.violationCount == 1 && findings.violations.first?.what.contains("would bill 35000") == true)
  }

  @Test(arguments: [
    ("cache", "a model before"), ("gpt-4o,cache,gpt-4o-mini", "at the end only"), ("gpt-4o,gpt-4o", "comes again"),
    ("gpt-5o", "did you mean"), ("", "price list"), ("gpt-4o,", "price list"),
    ("gemini/gemini-2.5-pro", "openai or anthropic"),
  ])
  func `a chain that makes no sense is told`(_ text: String, _ told: String) {
    let error = #expect(throws: SimulationError.self) { try ModelChainText(parsing: text) }
    #expect(error?.message.contains(told) == true, "\(error?.message ?? "")")
  }

  @Test func `a chain and faults are options of simulate`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "chain-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (trace, faults) = (folder.appending(path: "t.csv"), folder.appending(path: "f.yaml"))
    try Data("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46,5,6\n".utf8).write(to: trace)
    func parse(_ words: String..., file: String = "faults: [{kind: overloaded, to: 3}]") throws -> SimulationSettings {
      try Data(file.utf8).write(to: faults)
      let all = ["simulate", "--trace", trace.path, "--limit", "requests=3/1s"] + words
      return try #require(try LimiterdCommand.parseAsRoot(all) as? SimulateCommand).settings()
    }
    let settings = try parse("--chain", "gpt-4o-mini,cache", "--faults", faults.path)
    #expect(settings.model.name == "gpt-4o-mini" && settings.chain?.names == ["gpt-4o-mini", "cache"])
    #expect(settings.faults.map(\.kind) == [.overloaded])
    for (words, file, told) in [
      (["--faults", faults.path], "faults: []", "expected --chain"),
      (["--chain", "gpt-4o-mini", "--model", "gpt-4o"], "faults: []", "--model: expected no --chain"),
      (["--chain", "gpt-4o", "--faults", faults.path], "limits: [requests=1/1s]", "limits are those of --limit"),
      (["--chain", "gpt-4o", "--faults", "/nowhere"], "", "/nowhere"),
      (["--chain", "gpt-4o", "--faults", faults.path], "faults: [{kind: x}]", "expected one of"),
    ] {
      try Data(file.utf8).write(to: faults)
      let all = ["simulate", "--trace", trace.path, "--limit", "requests=3/1s"] + words
      let error = #expect(throws: (any Error).self) { try LimiterdCommand.parseAsRoot(all) }
      let message = error.map { LimiterdCommand.fullMessage(for: $0) } ?? ""
      #expect(message.contains(told), "\(message)")
    }
  }
}
