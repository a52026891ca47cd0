/// The report of a run, as `--json` writes it.
package struct SimulationReport: Codable, Sendable, Equatable {
  package struct Provider: Codable, Sendable, Equatable {
    package var requests: Int
    package var rejected: Int
    /// Of accepted calls.
    package var tokens: Int64
  }

  package struct Oracle: Codable, Sendable, Equatable {
    package var violations: Int
    package var checked: Int
  }

  package struct Waits: Codable, Sendable, Equatable {
    package var p50: Double
    package var p99: Double
  }

  /// How long the run went on, without the wait for the calls that were sent before its end.
  package var seconds: Double
  package var workers: Int
  /// Processes of limiterd between them and Redis; 0: none.
  package var limiterds = 0
  /// Calls that arrived; `completed + failed + denied` of them.
  package var requests: Int
  package var completed: Int
  /// Calls that the provider rejected, that broke on the way, that the limiter could not decide, or whose worker was ended.
  package var failed: Int
  /// Calls that were told no before they were sent: the run ended while they waited, or the budget was spent.
  package var denied: Int
  package var provider: Provider
  /// See ``Utilisation``; from the provider's log.
  package var utilisation: [String: Double]
  package var oracle: Oracle
  /// From a call's arrival to its permit.
  package var waits: Waits
  package var retries: Int
  package var fallbacks: Int
  /// With a chain: what the library did.
  package var chain: ChainReport?
  package var spent: String
  /// `null` without a budget.
  package var budget: String?

  enum CodingKeys: String, CodingKey {
    case seconds, workers, limiterds, requests, completed, failed, denied, provider, utilisation, oracle, retries,
      fallbacks, chain
    case waits = "wait_ms"
    case spent = "spent_usd"
    case budget = "budget_usd"
  }

  // A key is always there, where the synthesized code would leave out one without a value.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(seconds, forKey: .seconds)
    try container.encode(workers, forKey: .workers)
    try container.encode(limiterds, forKey: .limiterds)
    try container.encode(requests, forKey: .requests)
    try container.encode(completed, forKey: .completed)
    try container.encode(failed, forKey: .failed)
    try container.encode(denied, forKey: .denied)
    try container.encode(provider, forKey: .provider)
    try container.encode(utilisation, forKey: .utilisation)
    try container.encode(oracle, forKey: .oracle)
    try container.encode(waits, forKey: .waits)
    try container.encode(retries, forKey: .retries)
    try container.encode(fallbacks, forKey: .fallbacks)
    try container.encodeIfPresent(chain, forKey: .chain)
    try container.encode(spent, forKey: .spent)
    try container.encode(budget, forKey: .budget)
  }
}
