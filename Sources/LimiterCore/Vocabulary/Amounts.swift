/// How much of each unit a call needs, or used.
///
/// `tokens` is input and output together unless a caller states it; all amounts are zero or more and at most
/// ``LimiterBounds/amount``.
public struct Amounts: Sendable, Hashable, Codable {
  /// Calls; almost always 1.
  public var requests: Int64
  /// Input tokens.
  public var inputTokens: Int64
  /// Output tokens.
  public var outputTokens: Int64
  /// Output tokens that the answer can have at most, where that is more than is expected: money is reserved for these, rates for
  /// `outputTokens`. 0: no more than is expected.
  public var maximumOutputTokens: Int64
  /// Tokens for token limits, where the caller states them; `nil`: input and output together, or what the provider counts of them.
  public var statedTokens: Int64?
  /// Money in nanodollars.
  public var nanodollars: Int64

  /// Amounts of one call.
  ///
  /// - Parameters:
  ///   - requests: calls, 1 by default.
  ///   - inputTokens: input tokens.
  ///   - outputTokens: output tokens.
  ///   - maximumOutputTokens: the longest answer, for which money is reserved; 0: no longer than `outputTokens`.
  ///   - tokens: tokens for token limits; `nil` means input and output together, or what the provider counts of them.
  ///   - nanodollars: money in nanodollars.
  public init(
    requests: Int64 = 1, inputTokens: Int64 = 0, outputTokens: Int64 = 0, maximumOutputTokens: Int64 = 0,
    tokens: Int64? = nil, nanodollars: Int64 = 0
  ) {
    self.requests = requests
    self.inputTokens = inputTokens
    self.outputTokens = outputTokens
    self.maximumOutputTokens = maximumOutputTokens
    statedTokens = tokens
    self.nanodollars = nanodollars
  }

  /// Tokens as they are stated, or input and output together.
  public var tokens: Int64 {
    get { statedTokens ?? inputTokens.addingReportingOverflow(outputTokens).partialValue }
    set { statedTokens = newValue }
  }

  /// The amount of one unit.
  public subscript(unit: Unit) -> Int64 {
    switch unit {
    case .requests: requests
    case .tokens: tokens
    case .inputTokens: inputTokens
    case .outputTokens: outputTokens
    case .nanodollars: nanodollars
    }
  }
}
