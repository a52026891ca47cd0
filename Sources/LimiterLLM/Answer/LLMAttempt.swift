public import Resilience

/// One call of a provider, or one that our own limits stopped.
public struct LLMAttempt: Sendable {
  /// The model.
  public var model: String
  /// What it failed with; `nil`: it answered.
  public var failure: CallFailure?
  /// How long it waited for its permit.
  public var waited: Duration
  /// How long the provider took; zero when it was not asked.
  public var took: Duration
  /// Whether the provider was asked.
  public var wasSent: Bool { took > .zero }
  /// What it cost, in nanodollars; `nil`: unknown, or not charged yet.
  public var nanodollars: Int64?
}
