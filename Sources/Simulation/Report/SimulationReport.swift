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

  /// How long calls arrived.
  package var seconds: Double
  package var workers: Int
  /// Calls that arrived; `completed + failed + denied` of them.
  package var requests: Int
  package var completed: Int
  /// Calls that the provider rejected, or that broke on the way.
  package var failed: Int
  /// Calls that were told no before they were sent: the run ended while they waited, or the budget was spent.
  package var denied: Int
  package var provider: Provider
  /// Accepted amount / (limit x duration / window), from the provider's log; for concurrency the mean share of busy slots.
  package var utilisation: [String: Double]
  package var oracle: Oracle
  /// From a call's arrival to its permit.
  package var waits: Waits
  package var retries: Int
  package var fallbacks: Int
  package var spent: String
  package var budget: String

  enum CodingKeys: String, CodingKey {
    case seconds, workers, requests, completed, failed, denied, provider, utilisation, oracle, retries, fallbacks
    case waits = "wait_ms"
    case spent = "spent_usd"
    case budget = "budget_usd"
  }
}
