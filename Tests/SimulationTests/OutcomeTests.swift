import Oracle
import Testing

@testable import Simulation

/// When a run went well, and how the report says that it did not.
@Suite struct OutcomeTests {
  private func outcome(
    failed: Int = 0, rejected: Int = 0, violations: Int = 0, unfinished: Int = 0, lostWorkers: Int = 0,
    _ outcomes: [CallRecord.Outcome: Int] = [:]
  ) throws -> SimulationOutcome {
    let limits = SimulationLimits(windows: [WindowRule(unit: .requests, amount: 10, length: .seconds(1))])
    let schedule = try Schedule.make(
      trace: SyntheticTrace.make(seed: 1, calls: 10), limits: limits, load: 1, duration: .seconds(1),
      headroomPerMille: 1_000, seed: 1)
    return SimulationOutcome(
      report: SimulationReport(
        seconds: 1, workers: 1, requests: 10 + failed, completed: 8, failed: failed, denied: 2,
        provider: .init(requests: 10, rejected: rejected, tokens: 1), utilisation: ["requests": 1],
        oracle: .init(violations: violations, checked: 1), waits: .init(p50: 0, p99: 0), retries: 0, fallbacks: 0,
        spent: "0.10", budget: nil),
      findings: OracleReport(), schedule: schedule,
      settings: SimulationSettings(
        source: .synthetic, workers: 1, duration: .seconds(1), limits: limits,
        model: try SimulatedModel(name: "gpt-4o"), worker: []),
      outcomes: outcomes, unfinished: unfinished, lostWorkers: lostWorkers, ways: Percentiles([]),
      isInterrupted: false, notes: [], hasHistory: true)
  }

  @Test func `calls that were told no are no failure, and neither are those that we ended`() throws {
    #expect(try outcome().isClean)
    #expect(try outcome(failed: 3, unfinished: 3).isClean)
  }

  @Test func `whatever failed by itself is a failure`() throws {
    #expect(try !outcome(failed: 1, [.broken: 1]).isClean)
    #expect(try !outcome(failed: 1, [.undecided: 1]).isClean)
    #expect(try !outcome(failed: 4, unfinished: 3).isClean)
    #expect(try !outcome(rejected: 1).isClean)
    #expect(try !outcome(violations: 1).isClean)
    #expect(try !outcome(lostWorkers: 1).isClean)
  }

  @Test func `the report says why calls failed`() throws {
    let text = ReportText.format(
      try outcome(failed: 15, rejected: 1, unfinished: 5, [.rejected: 1, .broken: 2, .undecided: 3]))
    for line in [
      "1 were rejected by the provider", "2 broke on their way", "3 could not be decided",
      "4 were lost with their worker",
      "5 had not ended when",
    ] { #expect(text.contains(line)) }
    #expect(try !ReportText.format(outcome()).contains("were lost"))
  }

  @Test func `the report begins with its first line, and names no budget that there is not`() throws {
    let text = ReportText.format(try outcome())
    #expect(text.hasPrefix("Ran 1.0 s with 1 worker process\n"))
    #expect(text.contains("0.10 USD spent\n"))
  }
}
