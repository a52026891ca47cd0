public import Providers
public import Resilience

/// An answer, who gave it, and what it took.
public struct LLMAnswer: Sendable {
  /// Where an answer comes from.
  public enum Source: Sendable, Hashable {
    /// A model, now.
    case model(String)
    /// The same request of the same tenant, so long ago.
    case cache(age: Duration)
    /// The settings: the same for everybody.
    case fixed
  }

  /// What was changed, so that there is an answer at all.
  public enum Change: Sendable, Hashable, CustomStringConvertible {
    /// A budget did not allow the first model: a cheaper one was asked.
    case downgraded(from: String, to: String)
    /// A budget did not allow so many output tokens.
    case shrunk(from: Int64, to: Int64)
    /// It waited for a budget's next period.
    case waitedForPeriod(Duration)

    /// In words.
    public var description: String {
      switch self {
      case .downgraded(let from, let to): "downgraded from \(from) to \(to): the budget does not allow more"
      case .shrunk(let from, let to): "at most \(to) output tokens instead of \(from): the budget does not allow more"
      case .waitedForPeriod(let time): "waited \(time) for the budget's next period"
      }
    }
  }

  /// The text.
  public var text: String
  /// Where it comes from: an old answer is marked as such.
  public var source: Source
  /// The model that gave it, now or then; `nil`: none.
  public var model: String?
  /// Why the text ended.
  public var finish: ChatAnswer.Finish
  /// What the call used; `nil` when nothing was asked.
  public var usage: TokenUsage?
  /// Whether the provider did not say what was used, so that it was charged as estimated.
  public var isUsageEstimated: Bool
  /// What all attempts cost together, in nanodollars, by the prices of their permits, unless the settings have another one of the model.
  public var nanodollars: Int64
  /// All attempts, first one first.
  public var attempts: [LLMAttempt]
  /// What became of each model.
  public var hops: [FallbackHop]
  /// What was changed, so that there is an answer at all.
  public var changes: [Change]

  /// How long it waited for permits.
  public var waited: Duration { attempts.reduce(.zero) { $0 + $1.waited } }
}
