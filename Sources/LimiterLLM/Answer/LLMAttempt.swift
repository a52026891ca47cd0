public import Resilience

/// One call of a provider, or one that our own limits stopped.
public struct LLMAttempt: Sendable {
  /// The model.
  public var model: String
  /// What it failed with; `nil`: it answered.
  public var failure: CallFailure?
  /// How long it waited for its permit.
  public var waited: Duration
  /// How long the provider took, or the attempt to reach it; zero when there was none.
  public var took = Duration.zero
  /// Whether the provider was asked: not where there was no connection, nor where it was stopped before that.
  public var wasSent = false
  /// What it cost, in nanodollars; `nil`: unknown, or not charged yet.
  public var nanodollars: Int64?
}
