/// The table at the end of a proof: for a terminal and, being Markdown, for docs/evidence.md.
package struct ProofTable {
  package let report: ProofReport

  package init(_ report: ProofReport) { self.report = report }

  package var text: String {
    let heads = [
      "schedule", "seed", "faults", "admissions", "kills", "lost replies", "violations", "worst window", "back after",
    ]
    let rows = report.results.map { result in
      [
        result.schedule, "\(result.seed)", result.faults.joined(separator: "; "), "\(result.admissions)",
        "\(result.kills)", "\(result.lostReplies)", "\(result.violationCount)", Self.ratio(result.worst),
        result.recovery.map { Self.seconds($0) } ?? "never",
      ]
    }
    let lines = ([heads, heads.map { _ in "---" }] + rows).map { "| \($0.joined(separator: " | ")) |" }
    return (lines + ["", summary]).joined(separator: "\n")
  }

  private var summary: String {
    let totals = report.totals
    let share = Int(TrialBounds.recoveredShare * 100)
    var lines = [
      "\(totals.admissions) admissions over \(totals.schedules) schedules, \(totals.checked) judgements: \(totals.violations) violations.",
      "\(totals.kills) workers killed, \(totals.heldAtDeath) permits in their hands: \(totals.leakedSlots) slots leaked, \(totals.doubledSlots) held twice.",
      "\(totals.lostReplies) replies lost after their execution, \(totals.doubledRequests) requests sent twice.",
      "\(totals.calls) calls at the provider, each with a permit of its own: \(totals.rejectedCalls) answered with 429; \(totals.lateCalls) were on their way for longer than the guard.",
      "Fullest window: \(Self.ratio(totals.worstExact)) of its limit where Redis decided and lost no state, \(Self.ratio(totals.worstLossy)) elsewhere (the bound is \(TrialBounds.lossFactor)).",
      totals.slowestRecovery.map {
        "Throughput back at \(share) % after at most \(Self.seconds($0)) after the last fault."
      } ?? "Throughput was not back at \(share) % in each of them.",
    ]
    lines += report.skipped.map { "Not tried: \($0)." }
    let versions = report.versions
    lines.append(
      "limiterd \(versions.limiterd); redis-server \(versions.redis); Swift \(versions.swift); Linux \(versions.kernel); "
        + "\(versions.processors) processors; \(versions.date); \(Int(report.seconds)) s.")
    return lines.joined(separator: "\n")
  }

  private static func seconds(_ value: Double) -> String { "\((value * 100).rounded() / 100) s" }
  private static func ratio(_ value: Double) -> String { "\((value * 1_000).rounded() / 1_000)" }
}
