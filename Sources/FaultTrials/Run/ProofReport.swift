/// What a proof has shown, for `--json` and for the table.
package struct ProofReport: Sendable, Codable {
  package struct Totals: Sendable, Codable {
    package var schedules = 0
    package var admissions = 0
    package var kills = 0
    package var heldAtDeath = 0
    package var leakedSlots = 0
    package var doubledSlots = 0
    package var lostReplies = 0
    package var doubledRequests = 0
    package var calls = 0
    package var lateCalls = 0
    package var rejectedCalls = 0
    package var checked = 0
    package var violations = 0
    /// The slowest way back, in seconds; `nil`: one never came.
    package var slowestRecovery: Double?
    /// The fullest window where Redis decided and lost no state, and where it was, as a part of the limit.
    package var worstExact = 0.0
    package var worstLossy = 0.0
  }

  package var totals = Totals()
  package var results: [TrialResult]
  package var skipped: [String]
  package var versions: Versions
  package var seconds: Double

  init(results: [TrialResult], skipped: [String], versions: Versions, seconds: Double) {
    self.results = results
    self.skipped = skipped
    self.versions = versions
    self.seconds = seconds
    for result in results {
      totals.schedules += 1
      totals.admissions += result.admissions
      totals.kills += result.kills
      totals.heldAtDeath += result.heldAtDeath
      totals.leakedSlots += result.leakedSlots
      totals.doubledSlots += result.doubledSlots
      totals.lostReplies += result.lostReplies
      totals.doubledRequests += result.doubledRequests
      totals.calls += result.calls
      totals.lateCalls += result.lateCalls
      totals.rejectedCalls += result.rejectedCalls
      totals.checked += result.checked
      totals.violations += result.violationCount
      if result.isBounded {
        totals.worstLossy = max(totals.worstLossy, result.worst)
      } else {
        totals.worstExact = max(totals.worstExact, result.worst)
      }
    }
    totals.slowestRecovery = results.contains { $0.recovery == nil } ? nil : results.compactMap(\.recovery).max()
  }
}
