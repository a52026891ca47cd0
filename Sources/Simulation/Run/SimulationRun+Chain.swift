import LimiterLLM
import Oracle

extension SimulationRun {
  /// What is to be said of a run with a chain; `nil` without.
  ///
  /// Money is judged here, by the provider's own log: what the budget has charged is what would be billed, to the nanodollar, but for attempts of
  /// which nobody knows what the provider did: they stay charged as reserved, and it may have billed less.
  func chainReport(
    _ status: WorkerFleet.Status, _ ledger: ProviderLedger, _ findings: inout OracleReport, isWhole: Bool,
    faultsAreOver: Bool
  ) -> ChainReport? {
    guard let chain = settings.chain else { return nil }
    func total(_ value: (LLMStatistics) -> Int) -> Int { status.statistics.reduce(0) { $0 + value($1) } }
    func merged(_ value: (LLMStatistics) -> [String: Int]) -> [String: Int] {
      status.statistics.reduce(into: [:]) { $0.merge(value($1), uniquingKeysWith: +) }
    }
    let billed = ledger.billed.reduce(Int64(0)) { sum, call in
      sum + (chain.models.first { $0.name == call.model }?.cost(input: call.input, output: call.output) ?? 0)
    }
    let spent = status.calls.reduce(Int64(0)) { $0 + $1.nanodollars }
    let unknown = status.calls.reduce(Int64(0)) { $0 + ($1.unknownNanodollars ?? 0) }
    if isWhole {
      findings.checked += 1
      if spent < billed || spent > billed + unknown {
        findings.add(
          .budget, Place(file: "provider's log", offset: 0),
          "\(spent) nanodollars are charged, \(unknown) of them for attempts of unknown end; the provider would bill \(billed)"
        )
      }
    }
    let faults = ledger.arrivals.filter { $0.fault != nil }
    let recovery = ChainRecovery(
      of: status.calls, lastFault: faults.last.map { $0.atMicroseconds + ledger.born }, areOver: faultsAreOver)
    let window = settings.limits.windows.map(\.length).max() ?? .zero
    return ChainReport(
      models: chain.names, attempts: total(\.attempts),
      answered: Dictionary(grouping: status.calls) { call in
        switch call.outcome {
        case .completed: call.model ?? "?"
        case .cached: ModelChainText.cache
        default: ""
        }
      }.filter { !$0.key.isEmpty }.mapValues(\.count),
      fallbackReasons: merged(\.fallbackReasons), failures: merged(\.failures),
      rateLimitedWhileAdmitted: total(\.rateLimitedWhileAdmitted), viewsLowered: total(\.viewsLowered),
      faults: Dictionary(grouping: faults) { $0.fault?.rawValue ?? "" }.mapValues(\.count),
      billed: Dollars.format(nanodollars: billed), unknown: Dollars.format(nanodollars: unknown),
      recovery: recovery.kind, recoverySeconds: recovery.microseconds.map { (Double($0) / 1_000).rounded() / 1_000 },
      recoveryBound: (window + .seconds(5)).seconds)
  }
}
