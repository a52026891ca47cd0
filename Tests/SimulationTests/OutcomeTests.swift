import Oracle
import Testing

@testable import Simulation

/// When a run went well, and how the report says that it did not.
@Suite struct OutcomeTests {
  private func outcome(
    failed: Int = 0, rejected: Int = 0, violations: Int = 0, unfinished: Int = 0, lostWorkers: Int = 0,
    completed: Int = 8, chain: ChainReport? = nil, faults: [ProviderFault] = [],
    _ outcomes: [CallRecord.Outcome: Int] = [:]
  ) throws -> SimulationOutcome {
    let limits = SimulationLimits(windows: [WindowRule(unit: .requests, amount: 10, length: .seconds(1))])
    let schedule = try Schedule.make(
      trace: SyntheticTrace.make(seed: 1, calls: 10), limits: limits, load: 1, duration: .seconds(1),
      headroomPerMille: 1_000, seed: 1)
    var settings = SimulationSettings(
      source: .synthetic, workers: 1, duration: .seconds(1), limits: limits,
      model: try SimulatedModel(name: "gpt-4o"), worker: [])
    settings.faults = faults
    return SimulationOutcome(
      report: SimulationReport(
        seconds: 1, workers: 1, requests: 2 + completed + failed, completed: completed, failed: failed, denied: 2,
        provider: .init(requests: 10, rejected: rejected, tokens: 1), utilisation: ["requests": 1],
        oracle: .init(violations: violations, checked: 1), waits: .init(p50: 0, p99: 0), retries: 0, fallbacks: 0,
        chain: chain, spent: "0.10", budget: nil),
      findings: OracleReport(), schedule: schedule, settings: settings,
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

  private func chain(_ recovery: ChainRecovery.Kind, after seconds: Double? = nil) -> ChainReport {
    ChainReport(
      models: ["gpt-4o"], attempts: 10, answered: [:], fallbackReasons: [:], failures: [:], rateLimitedWhileAdmitted: 0,
      viewsLowered: 0, faults: [:], billed: "0.10", unknown: "0.00", recovery: recovery, recoverySeconds: seconds,
      recoveryBound: 6)
  }

  @Test func `with a chain, too, a failure that nobody has planned is one`() throws {
    #expect(try outcome(chain: chain(.noFaults)).isClean)
    #expect(try outcome(failed: 3, unfinished: 3, chain: chain(.noFaults)).isClean)
    #expect(try !outcome(failed: 1, chain: chain(.noFaults), [.unanswered: 1]).isClean)
    #expect(try !outcome(rejected: 1, chain: chain(.noFaults)).isClean)
  }

  @Test func `with faults calls may fail, but not all of them, and all must be well again`() throws {
    let faults = [ProviderFault(.serverError, to: 3)]
    #expect(try outcome(failed: 5, rejected: 2, chain: chain(.back, after: 6), faults: faults).isClean)
    #expect(try outcome(failed: 5, chain: chain(.unknown), faults: faults).isClean)
    #expect(try !outcome(failed: 5, chain: chain(.back, after: 6.1), faults: faults).isClean)
    #expect(try !outcome(failed: 5, chain: chain(.never), faults: faults).isClean)
    #expect(try !outcome(failed: 5, completed: 0, chain: chain(.unknown), faults: faults).isClean)
    #expect(try !outcome(violations: 1, chain: chain(.back, after: 0), faults: faults).isClean)
    #expect(try ReportText.format(outcome(chain: chain(.never), faults: faults)).contains("NEVER"))
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
