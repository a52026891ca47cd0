/// How a provider's limits of tokens count a call that does not state its tokens itself.
public enum TokenCounting: String, Sendable, Hashable, CaseIterable {
  /// Input and output together.
  case sum
  /// The larger of the two: OpenAI takes max(max_tokens, estimated input) when a call arrives.
  case max
  /// The input alone.
  case input
}
