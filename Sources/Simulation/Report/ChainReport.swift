/// What the library did with a chain of models, and what the provider's log says of it.
package struct ChainReport: Codable, Sendable, Equatable {
  package var models: [String]
  /// Requests that were sent.
  package var attempts: Int
  /// Calls by the model that answered, `cache` for an old answer.
  package var answered: [String: Int]
  /// What the first model failed with, where another one answered.
  package var fallbackReasons: [String: Int]
  /// Failed attempts by class.
  package var failures: [String: Int]
  /// A provider said 429 though the limiter had admitted.
  package var rateLimitedWhileAdmitted: Int
  /// Times that a provider had less left than was expected.
  package var viewsLowered: Int
  /// Faults that calls met, by kind.
  package var faults: [String: Int]
  /// What the provider would bill.
  package var billed: String
  /// What is charged for attempts of which nobody knows what the provider did.
  package var unknown: String
  package var recovery: ChainRecovery.Kind
  /// Seconds from the last fault until no call met a failure or a cooldown any more; `nil` where ``recovery`` is not `back`.
  package var recoverySeconds: Double?
  /// Within which that is expected: the longest window and 5 s.
  package var recoveryBound: Double

  enum CodingKeys: String, CodingKey {
    case models, attempts, answered, failures, faults, recovery
    case fallbackReasons = "fallback_reasons"
    case viewsLowered = "views_lowered"
    case rateLimitedWhileAdmitted = "provider_429_while_admitted"
    case billed = "billed_usd"
    case unknown = "unknown_usd"
    case recoverySeconds = "recovery_seconds"
    case recoveryBound = "recovery_bound_seconds"
  }

  /// Whether all was as before in time, as far as that can be known.
  var isRecovered: Bool {
    switch recovery {
    case .noFaults, .unknown: true
    case .back: recoverySeconds ?? 0 <= recoveryBound
    case .never: false
    }
  }
}
