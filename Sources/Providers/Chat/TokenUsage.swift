/// What a provider says that a call has used.
public struct TokenUsage: Sendable, Hashable, Codable {
  /// Input tokens, those that were read from a cache included.
  public var input: Int64
  /// Output tokens.
  public var output: Int64
  /// The part of the input that was read from the provider's cache.
  public var cachedInput: Int64

  /// What was used.
  public init(input: Int64, output: Int64, cachedInput: Int64 = 0) {
    self.input = input
    self.output = output
    self.cachedInput = cachedInput
  }

  /// A count above says that a number is wrong.
  static let most: Int64 = 1 << 40

  /// `nil` when a count is missing, negative or no count: then nobody knows what was used.
  init?(input: Int64?, output: Int64?, cachedInput: Int64?) {
    guard let input, let output, (0...Self.most).contains(input), (0...Self.most).contains(output) else { return nil }
    self.init(input: input, output: output, cachedInput: min(max(cachedInput ?? 0, 0), input))
  }
}
