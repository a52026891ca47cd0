import Foundation
import Oracle

/// Judges the server's own history, and holds it against what the workers say.
struct HistoryVerdict {
  let policy: TrialPolicy
  let needs: TrialNeeds
  let isOnlyWorkers: Bool

  /// - Returns: permits that had ended as abandoned before they were settled: their holders held them for longer than they were theirs.
  func judge(_ folder: String, _ record: WorkerRecord, _ result: inout TrialResult) throws -> Set<String> {
    let history = try PermitHistory.read(folder, domain: policy.domain)
    add(history.report, &result)
    let spent = compare(history, record, &result)
    if isOnlyWorkers { judgeReleases(history, record, &result) }
    let options = OracleOptions(
      domain: policy.domain, atRest: true, spent: spent, checksServerClock: !needs.hasOwnClock, keepsPermits: true)
    let report = try HistoryOracle.check(folder, limits: policy.oracleLimits, options: options)
    add(report, &result)
    if !report.unjudged.isEmpty { result.violate("form: limits that nobody judged: \(report.unjudged)") }
    return Set(history.permits.filter { $0.value.end == .endedLate }.keys)
  }

  private func add(_ report: OracleReport, _ result: inout TrialResult) {
    result.checked += report.checked
    for violation in report.violations.prefix(20) { result.violate("\(violation)", count: 0) }
    result.violationCount += report.violationCount
    result.doubledSlots += report.violations.count { $0.invariant == .slots }
  }

  /// What a killed worker held must end when its session's grace is over.
  private func judgeReleases(_ history: PermitHistory, _ record: WorkerRecord, _ result: inout TrialResult) {
    // From the monotonic clock to the server's, which is the host's.
    let offset = Int64(Date().timeIntervalSince1970 * 1_000_000) - MonotonicClock.now
    let longest = Int64((TrialBounds.grace + TrialBounds.reapSlack).seconds)
    for (id, permit) in record.permits {
      guard let killedAt = permit.killedAt, let fate = history.permits[id], let second = fate.endSecond else {
        continue
      }
      result.checked += 1
      // The history knows whole seconds: of the last one, it may have been the first instant.
      let seconds = second - (killedAt + offset) / 1_000_000
      result.slowestRelease = max(result.slowestRelease ?? 0, seconds)
      if seconds > longest + 1 {
        result.violate("I4: permit \(id) was held for \(seconds) s after its worker was killed")
      }
    }
  }

  /// Each permit of either side must make sense on the other.
  ///
  /// - Returns: what must have been spent, by budget.
  private func compare(
    _ history: PermitHistory, _ record: WorkerRecord, _ result: inout TrialResult
  ) -> [String: Int64] {
    var spent: [String: Int64] = [:]
    result.admissions = history.permits.count
    for (id, fate) in history.permits {
      result.checked += 1
      let permit = record.permits[id]
      if fate.end == .abandoned { result.abandoned += 1 }
      if permit == nil { result.unknown += 1 }
      let cost: Int64?
      switch (fate.end, permit?.usedNanodollars) {
      case (nil, _):
        result.leakedSlots += 1
        result.violate("I4: permit \(id) never ended")
        cost = nil
      case (.abandoned, _): cost = nil
      case (.ended, let used?), (.endedLate, let used?): cost = used
      case (.ended, nil), (.endedLate, nil):
        // Given back: nobody was told of it. A worker that was told must have settled it itself.
        if permit != nil { result.violate("I5: permit \(id) was ended, and not by its holder") }
        cost = 0
      }
      for (name, amount) in fate.amounts where name.hasPrefix("budget:") {
        let limit = name.dropFirst("budget:".count)
        guard let colon = limit.lastIndex(of: ":") else { continue }
        spent[String(limit[..<colon]), default: 0] += cost ?? amount
      }
    }
    var gone = 0
    for (id, permit) in record.permits {
      result.checked += 1
      guard let fate = history.permits[id] else {
        result.violate("I5: worker \(permit.worker) has permit \(id), of which Redis knows nothing")
        continue
      }
      // When the first answer was lost, late is told as settled; and what its limiterd could not hold any more, as gone.
      guard let outcome = permit.outcome else { continue }
      if outcome == "refused" || (fate.end != .ended && fate.end != .endedLate) {
        result.violate("I5: permit \(id) was told to be \(outcome), and is \(fate.end?.rawValue ?? "held")")
      }
      if outcome == "gone" { gone += 1 }
    }
    if gone > 0 { result.notes.append("\(gone) settlements were told to be gone, and were done by a first copy") }
    return spent
  }
}
