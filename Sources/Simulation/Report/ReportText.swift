import Oracle

/// The report for people.
package enum ReportText {
  package static func format(_ outcome: SimulationOutcome) -> String {
    let report = outcome.report
    var lines = [
      "\(outcome.isInterrupted ? "Interrupted after" : "Ran") \(decimal(report.seconds, 1)) s with \(PlainCount.workers(report.workers))\(PlainCount.via(report.limiterds))"
    ]
    func row(_ name: String, _ value: String) {
      lines.append("  " + name.padding(to: 16) + value)
    }
    row(
      "calls",
      "\(report.requests) arrived, \(report.completed) completed, \(report.failed) failed, \(report.denied) denied")
    for text in failures(outcome) { row("", text) }
    let expired = outcome.outcomes[.expired] ?? 0
    let unaffordable = outcome.outcomes[.unaffordable] ?? 0
    if expired > 0 {
      let why = report.chain == nil ? "still waited at the end" : "had no permit in time, of any model"
      row("", "\(expired) \(why) (offered: \(decimal(outcome.settings.load, 2)) x the binding limit)")
    }
    if unaffordable > 0 { row("", "\(unaffordable) were stopped by the budget") }
    if outcome.schedule.skipped > 0 {
      row("", "\(outcome.schedule.skipped) of the trace were left out: larger than a whole window")
    }
    row(
      "provider",
      "\(report.provider.requests) calls, \(report.provider.rejected) rejected with 429, \(report.provider.tokens) tokens"
    )
    for (name, share) in report.utilisation.sorted(by: { $0.key < $1.key }) {
      row(
        name == report.utilisation.keys.min() ? "utilisation" : "",
        "\(name.padding(to: report.chain == nil ? 14 : 26)) \(decimal(share * 100, 1)) %\(remark(on: name, outcome))")
    }
    for (name, text) in times(outcome) { row(name, text) }
    for (name, text) in chain(report) { row(name, text) }
    row("money", "\(report.spent) USD spent" + (report.budget.map { " of \($0) USD" } ?? ""))
    row("oracle", oracle(outcome))
    for note in outcome.notes { row("note", note) }
    for violation in outcome.findings.violations.prefix(10) { row("violation", violation.description) }
    if outcome.findings.violationCount > 10 { row("", "and \(outcome.findings.violationCount - 10) more") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Why calls failed, a line each.
  private static func failures(_ outcome: SimulationOutcome) -> [String] {
    func count(_ kind: CallRecord.Outcome) -> Int { outcome.outcomes[kind] ?? 0 }
    let known = count(.rejected) + count(.broken) + count(.undecided) + count(.unanswered) + outcome.unfinished
    let kinds = [
      (count(.rejected), "were rejected by the provider"), (count(.broken), "broke on their way to the provider"),
      (count(.undecided), "could not be decided by the limiter"),
      (count(.unanswered), "were answered by nobody; the notes say why"),
      (outcome.report.failed - known, "were lost with their worker"),
      (outcome.unfinished, "had not ended when their workers were ended"),
    ]
    return kinds.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
  }

  /// How long calls waited and travelled; nothing when none was sent.
  private static func times(_ outcome: SimulationOutcome) -> [(String, String)] {
    guard outcome.report.provider.requests > 0 else { return [] }
    let waits = outcome.report.waits
    let ways = [0.5, 0.99, 1].map { decimal(outcome.ways.value($0), 1) }
    let guardTime = DurationText.format(outcome.settings.guardTime)
    let wait = ("wait", "p50 \(decimal(waits.p50, 0)) ms, p99 \(decimal(waits.p99, 0)) ms for permits")
    // Calls of a chain do not tell when they were granted.
    guard outcome.settings.chain == nil else { return [wait] }
    return [
      wait,
      (
        "way",
        "p50 \(ways[0]) ms, p99 \(ways[1]) ms, longest \(ways[2]) ms from decision to provider (guard \(guardTime))"
      ),
    ]
  }

  private static func chain(_ report: SimulationReport) -> [(String, String)] {
    guard let chain = report.chain else { return [] }
    func list(_ counts: [String: Int]) -> String {
      counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    }
    let first = chain.attempts - report.retries
    let share = first > 0 ? Double(report.retries) / Double(first) * 100 : 0
    var rows = [
      ("answered by", list(chain.answered)),
      (
        "attempts",
        "\(chain.attempts), of which \(report.retries) retries: \(decimal(share, 1)) % of the first attempts"
      ),
      (
        "fallbacks",
        "\(report.fallbacks)" + (chain.fallbackReasons.isEmpty ? "" : ", because of \(list(chain.fallbackReasons))")
      ),
    ]
    if !chain.failures.isEmpty { rows.append(("failures", list(chain.failures))) }
    if !chain.faults.isEmpty { rows.append(("faults", list(chain.faults))) }
    rows.append(
      (
        "429",
        "\(chain.rateLimitedWhileAdmitted) though admitted, faults included; \(chain.viewsLowered) x less was left than expected"
      ))
    rows.append(
      (
        "billed",
        "\(chain.billed) USD by the provider's log; \(chain.unknown) USD are charged for attempts of which nobody knows"
      ))
    if let recovery = recovery(chain) { rows.append(("recovery", recovery)) }
    return rows
  }

  private static func recovery(_ chain: ChainReport) -> String? {
    switch chain.recovery {
    case .noFaults: nil
    case .back:
      "\(decimal(chain.recoverySeconds ?? 0, 1)) s after the last fault no call met a failure or a cooldown any more (at most \(decimal(chain.recoveryBound, 0)) s)"
    case .never: "NEVER: no call that began after the last fault was answered by a model"
    case .unknown: "not known: the faults lasted as long as calls came, or no call came after them"
    }
  }

  private static func remark(on limit: String, _ outcome: SimulationOutcome) -> String {
    let window = outcome.settings.limits.windows.first { $0.name == limit }
    let arrivals = outcome.isInterrupted ? outcome.report.seconds : outcome.settings.duration.seconds
    let isShort = window.map { arrivals < $0.length.seconds } ?? false
    let remarks = (limit == outcome.schedule.binding.name ? ["binding"] : []) + (isShort ? ["of one window"] : [])
    return remarks.isEmpty ? "" : "  (\(remarks.joined(separator: ", ")))"
  }

  private static func oracle(_ outcome: SimulationOutcome) -> String {
    let oracle = outcome.report.oracle
    let sources =
      outcome.hasHistory ? "AOF, provider's log and grants" : "provider's log and grants (no AOF of another's Redis)"
    let found = oracle.violations == 0 ? "no violation" : "\(oracle.violations) VIOLATIONS"
    return "\(found) in \(oracle.checked) checks of \(sources)"
  }

  /// A number with so many decimals, rounded.
  static func decimal(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let whole = Int64((value * scale).rounded())
    guard decimals > 0 else { return String(whole) }
    let digits = String(whole.magnitude % UInt64(scale))
    let zeros = String(repeating: "0", count: decimals - digits.count)
    return "\(whole < 0 ? "-" : "")\(whole.magnitude / UInt64(scale)).\(zeros)\(digits)"
  }
}

extension String {
  fileprivate func padding(to width: Int) -> String {
    self + String(repeating: " ", count: max(1, width - count))
  }
}
