import Synchronization

/// What an ``LLM`` has done since it was made.
public struct LLMStatistics: Codable, Sendable, Hashable {
  /// Calls of callers.
  public var calls = 0
  /// Calls without an answer.
  public var failed = 0
  /// Requests that were sent to providers, each counted when it ends; what found no connection was not sent.
  public var attempts = 0
  /// Requests of a call to a model that was asked before.
  public var retries = 0
  /// Calls that another than the first model answered, or the cache.
  public var fallbacks = 0
  /// Fallbacks by what the first model failed with.
  public var fallbackReasons: [String: Int] = [:]
  /// Failed attempts by class.
  public var failures: [String: Int] = [:]
  /// A provider answered 429 though the limiter had admitted: the limits or other users of the key are not as they were told.
  public var rateLimitedWhileAdmitted = 0
  /// Times that a provider had less left than was expected: others use the key, or the limits are not as they were told.
  public var viewsLowered = 0
  /// Times that a budget said no.
  public var overBudget = 0
  /// Budgets that were warned of.
  public var budgetWarnings = 0
  /// What was spent, in nanodollars.
  public var nanodollars: Int64 = 0
  /// Input tokens that were used.
  public var inputTokens: Int64 = 0
  /// Output tokens that were used.
  public var outputTokens: Int64 = 0
  /// What the same calls were expected to use, input and output.
  public var estimatedTokens: Int64 = 0
  /// By how much they were wrong, up or down.
  public var estimatedWrong: Int64 = 0

  /// Fallbacks among calls, in thousandths.
  public var fallbacksPerMille: Int { calls == 0 ? 0 : fallbacks * 1_000 / calls }
}

/// Counts for ``LLMStatistics``.
final class LLMCounters: Sendable {
  private let statistics = Mutex(LLMStatistics())

  func note(_ change: (inout LLMStatistics) -> Void) { statistics.withLock { change(&$0) } }
  var snapshot: LLMStatistics { statistics.withLock { $0 } }
}
