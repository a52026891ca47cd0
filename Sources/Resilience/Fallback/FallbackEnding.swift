/// What stands at the end of a chain, when no model answers.
public struct FallbackEnding<Answer: Sendable>: Sendable {
  /// An answer to the same request from before, and its age.
  public var cached: @Sendable () -> (answer: Answer, age: Duration)?
  /// An answer to whatever is asked.
  public var fixed: Answer?

  /// An ending; without parameters there is none.
  public init(cached: @escaping @Sendable () -> (answer: Answer, age: Duration)? = { nil }, fixed: Answer? = nil) {
    self.cached = cached
    self.fixed = fixed
  }
}
