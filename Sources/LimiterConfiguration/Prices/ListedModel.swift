public import LimiterCore

/// A model of the built-in price list.
public struct ListedModel: Sendable, Hashable {
  /// Its provider, such as `openai`.
  public var provider: String
  /// What its tokens cost.
  public var price: ModelPrice
  /// Tokens of its context window, where published.
  public var contextWindow: Int64?
  /// Tokens of its longest answer, where published.
  public var longestOutput: Int64?
}
