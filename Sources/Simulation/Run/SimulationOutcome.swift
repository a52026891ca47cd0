package import Oracle

/// What a run was and what came of it: the report, and what only people want to know.
package struct SimulationOutcome: Sendable {
  package var report: SimulationReport
  package var findings: OracleReport
  package var schedule: Schedule
  package var settings: SimulationSettings
  /// Calls by what became of them.
  package var outcomes: [CallRecord.Outcome: Int]
  /// Calls among the failed ones that were under way or waiting when we ended their workers: nobody knows what became of them.
  package var unfinished: Int
  /// Workers that ended by themselves before their calls had.
  package var lostWorkers: Int
  /// Milliseconds from the limiter's decision to the arrival at the provider.
  package var ways: Percentiles
  package var isInterrupted: Bool
  /// Workers that were lost on the way, and what the oracle could not read.
  package var notes: [String]
  /// The append-only file was replayed; without it, only the provider's log and the grants were judged.
  package var hasHistory: Bool

  /// All went well: no violation was found, and no call or worker failed by itself. With faults a provider that fails is what is tried: a
  /// call may end without an answer, for a reason that is told, and be answered with 429; but somebody must be answered, and soon after the last
  /// fault all must be as before.
  package var isClean: Bool {
    guard report.oracle.violations == 0, lostWorkers == 0 else { return false }
    guard settings.faults.isEmpty else {
      return report.chain?.isRecovered != false && (report.completed > 0 || report.requests == 0)
    }
    return report.provider.rejected == 0 && report.failed == unfinished
  }
}
