/// An answer, and where it comes from.
public struct FallbackAnswer<Answer: Sendable>: Sendable {
  /// Where an answer comes from.
  public enum Source: Sendable, Hashable {
    case model(String)
    /// Given before to the same request, so long ago.
    case cache(age: Duration)
    /// The same for everybody.
    case fixed
  }

  /// The answer.
  public var answer: Answer
  /// Where it comes from.
  public var source: Source
  /// What became of each model that was looked at, in order.
  public var hops: [FallbackHop]
}
