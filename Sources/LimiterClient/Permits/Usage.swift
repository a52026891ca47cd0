internal import LimiterCore

/// What a call has used, as the provider reported it.
public struct Usage: Sendable, Hashable, Codable {
  /// Input tokens; `nil`: unknown, the reservation stays.
  public var inputTokens: Int64?
  /// Output tokens; `nil`: unknown, the reservation stays.
  public var outputTokens: Int64?
  /// Tokens as token limits count them; `nil`: input and output together.
  public var tokens: Int64?
  /// Money in nanodollars; `nil`: by the tokens and the model's price.
  public var nanodollars: Int64?

  /// What a call has used.
  public init(
    inputTokens: Int64? = nil, outputTokens: Int64? = nil, tokens: Int64? = nil, nanodollars: Int64? = nil
  ) {
    self.inputTokens = inputTokens
    self.outputTokens = outputTokens
    self.tokens = tokens
    self.nanodollars = nanodollars
  }

  /// Nothing is known: everything stays charged as reserved, and the slots are free.
  public static let unknown = Usage()

  /// The first amount that cannot be counted, and what it is of.
  var amountOutOfBounds: (name: String, amount: Int64)? {
    func check(_ name: String, _ amount: Int64?) -> (name: String, amount: Int64)? {
      amount.flatMap { (0...LimiterBounds.amount).contains($0) ? nil : (name, $0) }
    }
    return check("input tokens", inputTokens) ?? check("output tokens", outputTokens) ?? check("tokens", tokens)
      ?? check("nanodollars", nanodollars)
  }

  func amount(of unit: Unit, for permit: Permit) -> Int64? {
    switch unit {
    case .requests: nil
    case .inputTokens: inputTokens
    case .outputTokens: outputTokens
    case .tokens: tokens ?? sum
    case .nanodollars: nanodollars ?? cost(for: permit)
    }
  }

  private var sum: Int64? {
    guard let inputTokens, let outputTokens else { return nil }
    let (sum, overflow) = inputTokens.addingReportingOverflow(outputTokens)
    return overflow ? LimiterBounds.amount : sum
  }

  private func cost(for permit: Permit) -> Int64? {
    guard let inputTokens, let outputTokens else { return nil }
    return permit.price?.cost(inputTokens: inputTokens, outputTokens: outputTokens)
  }
}
