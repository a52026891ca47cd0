import LimiterLLM
import Oracle
import PrivateRedis

extension SimulationRun {
  /// Asks the oracles, and puts the report together.
  func judge(
    _ fleet: WorkerFleet, _ policy: SimulationPolicy, _ ledger: ProviderLedger, _ server: PrivateRedisServer?,
    _ timing: Timing, _ troubles: [String]
  ) -> SimulationOutcome {
    let status = fleet.status
    let log = ledger.log
    var notes = troubles + status.troubles
    let isWhole = notes.isEmpty
    for (error, count) in status.errors.sorted(by: { $0.key < $1.key }) { notes.append("\(count) x \(error)") }
    var findings = OracleReport()
    for model in settings.chain == nil ? [nil] : policy.models.map({ Optional($0.name) }) {
      findings.merge(
        ArrivalOracle.check(
          model.map(ledger.log(of:)) ?? log, rules: policy.providerRules, concurrency: settings.limits.concurrency,
          log: "provider's log"))
    }
    findings.merge(
      ArrivalOracle.check(grants(status.calls), rules: policy.grantRules, invariant: .window, log: "grants"))
    var hasHistory = false
    if let server {
      do throws(OracleError) {
        let options = OracleOptions(
          domain: policy.domain, atRest: isWhole,
          spent: settings.budget == nil || !isWhole || (timing.isInterrupted && settings.chain != nil)
            ? [:] : [policy.oracleLimits.budgets.keys.first ?? "": status.calls.reduce(0) { $0 + $1.nanodollars }])
        findings.merge(try HistoryOracle.check(server.directory, limits: policy.oracleLimits, options: options))
        hasHistory = true
      } catch {
        // A run that nobody can judge is not a good one.
        notes.append("the append-only file could not be judged: \(error)")
        findings.add(.form, Place(file: server.directory, offset: 0), error.message)
      }
    }
    let chain = chainReport(
      status, ledger, &findings, isWhole: isWhole && !timing.isInterrupted, faultsAreOver: timing.faultsAreOver)
    let outcomes = Dictionary(grouping: status.calls, by: \.outcome).mapValues(\.count)
    return SimulationOutcome(
      report: report(status, outcomes, ledger, findings, timing, chain), findings: findings, schedule: schedule,
      settings: settings,
      outcomes: outcomes, unfinished: status.unfinished, lostWorkers: status.lost + troubles.count,
      ways: Percentiles(ledger.ways),
      isInterrupted: timing.isInterrupted, notes: notes, hasHistory: hasHistory)
  }

  private func report(
    _ status: WorkerFleet.Status, _ outcomes: [CallRecord.Outcome: Int], _ ledger: ProviderLedger,
    _ findings: OracleReport, _ timing: Timing, _ chain: ChainReport?
  ) -> SimulationReport {
    let log = ledger.log
    let completed = (outcomes[.completed] ?? 0) + (outcomes[.cached] ?? 0)
    let denied = (outcomes[.expired] ?? 0) + (outcomes[.unaffordable] ?? 0)
    // Calls of a worker that was lost have arrived, and nobody knows more of them.
    let arrived = max(status.counters.arrived, status.calls.count)
    let waits = Percentiles(status.calls.filter(\.hadPermit).map(\.waitMilliseconds))
    let accepted = log.filter(\.isAccepted)
    return SimulationReport(
      seconds: rounded(min(timing.arrivals, timing.whole).seconds, 1_000), workers: settings.workers,
      limiterds: settings.limiterds,
      requests: arrived,
      completed: completed,
      failed: arrived - completed - denied, denied: denied,
      provider: .init(
        requests: log.count, rejected: log.count - accepted.count,
        tokens: accepted.reduce(0) { $0 + ($1.amounts[AmountUnit.tokens.rawValue] ?? 0) }),
      utilisation: utilisation(ledger, timing),
      oracle: .init(violations: findings.violationCount, checked: findings.checked),
      waits: .init(p50: rounded(waits.value(0.5), 10), p99: rounded(waits.value(0.99), 10)),
      retries: status.statistics.reduce(0) { $0 + $1.retries },
      fallbacks: status.statistics.reduce(0) { $0 + $1.fallbacks }, chain: chain,
      spent: Dollars.format(nanodollars: status.calls.reduce(0) { $0 + $1.nanodollars }),
      budget: settings.budget.map(Dollars.format))
  }

  /// With a chain, of each model by itself.
  private func utilisation(_ ledger: ProviderLedger, _ timing: Timing) -> [String: Double] {
    func shares(_ log: [Arrival]) -> [String: Double] {
      Utilisation.shares(
        of: settings.limits, log.filter(\.isAccepted), from: timing.startMicroseconds, for: timing.arrivals
      ).mapValues { rounded($0, 10_000) }
    }
    guard let chain = settings.chain else { return shares(ledger.log) }
    return chain.models.reduce(into: [:]) { all, model in
      for (name, share) in shares(ledger.log(of: model.name)) { all["\(model.name).\(name)"] = share }
    }
  }

  private func grants(_ calls: [CallRecord]) -> [Arrival] {
    calls.compactMap { call in
      guard let time = call.grantedAt else { return nil }
      var amounts: [String: Int64] = [:]
      for unit in AmountUnit.allCases {
        amounts[unit.rawValue] = unit.amount(input: call.inputTokens, output: call.outputTokens)
      }
      return Arrival(atMicroseconds: time, amounts: amounts)
    }
  }

  private func rounded(_ value: Double, _ scale: Double) -> Double { (value * scale).rounded() / scale }
}
