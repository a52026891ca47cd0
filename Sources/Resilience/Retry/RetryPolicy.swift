/// When a failed call is made again.
public struct RetryPolicy: Sendable {
  /// Calls in all, the first one included. Those that our own cooldown kept back (``CallFailure/isOwnCooldown``) are none: there may be as many
  /// of them besides.
  public var attempts: Int
  /// How long all of it may take, waits included: a wait that does not fit is not begun. `nil`: as long as it takes.
  public var deadline: Duration?
  /// How long to wait before the same model is asked again.
  public var backoff: Backoff
  /// Whether making the call twice does no harm beyond its cost: then an unknown outcome is tried again, once.
  public var isIdempotent: Bool
  /// A hint that is longer ends the retries: somebody else may be asked meanwhile. `nil`: any that fits the deadline is waited for.
  public var longestHint: Duration?
  /// Shared by the calls of a provider and model; `nil`: retries are not bounded together.
  public var budget: RetryBudget?

  /// A policy; at least one attempt is made.
  public init(
    attempts: Int = 4, deadline: Duration? = .seconds(120), backoff: Backoff = Backoff(), isIdempotent: Bool = true,
    longestHint: Duration? = nil, budget: RetryBudget? = nil
  ) {
    self.attempts = max(attempts, 1)
    self.deadline = deadline
    self.backoff = backoff
    self.isIdempotent = isIdempotent
    self.longestHint = longestHint
    self.budget = budget
  }
}

/// One attempt that failed.
public struct FailedAttempt: Sendable {
  /// 1 for the first.
  public var number: Int
  /// What it failed with.
  public var failure: CallFailure
  /// How long the call took.
  public var duration: Duration
  /// How long was waited after it; `nil`: it was the last one.
  public var wait: Duration?
}

/// A call failed, and is not made again.
public struct RetriesEnded: Error, Sendable, CustomStringConvertible {
  /// Why a call is not made again.
  public enum Reason: String, Sendable, Hashable {
    /// Trying again does not help against this class.
    case notRetryable
    /// The provider said not to.
    case providerSaidNo
    case attemptsSpent
    /// The next wait would not end before the deadline.
    case deadline
    /// The provider wants to be left alone for longer than the policy waits.
    case hintTooLong
    /// Too many calls of this model fail.
    case budgetSpent
  }

  /// Why.
  public var reason: Reason
  /// All attempts, first one first.
  public var attempts: [FailedAttempt]

  /// What the last attempt failed with.
  public var failure: CallFailure {
    attempts.last?.failure ?? CallFailure(.callerError, message: "no attempt was made")
  }

  /// How many attempts there were, why no more, and what each failed with.
  public var description: String {
    let told = attempts.map { "\($0.number): \($0.failure)" }.joined(separator: "; ")
    return "gave up after \(attempts.count) of them (\(reason.rawValue)): \(told)"
  }
}
