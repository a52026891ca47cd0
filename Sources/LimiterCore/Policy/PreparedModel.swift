/// A model with its rules, prepared for its calls: nothing of it is looked up or made with each of them.
final class PreparedModel: Sendable {
  let provider: String
  let price: ModelPrice?
  let counting: TokenCounting
  /// In the order of the policy.
  let rules: [PreparedRule]
  /// Its calls can meet nothing but windows.
  let hasOnlyWindows: Bool
  /// A rule counts money, so that its calls need a price.
  let countsMoney: Bool

  init(_ name: String, _ model: Model, in policy: Policy) {
    provider = model.provider
    price = model.price
    counting = model.counting
    let rules = policy.limits.filter { $0.models?.contains(name) ?? true }
    self.rules = rules.map { PreparedRule($0, in: policy) }
    hasOnlyWindows = rules.allSatisfy { if case .window = $0.kind { true } else { false } }
    countsMoney = rules.contains { rule in
      switch rule.kind {
      case .budget(.nanodollars, _, _), .window(.nanodollars, _, _): true
      case .budget, .window, .concurrency: false
      }
    }
  }

  /// What amounts cost at most: as they say, or by its price; `nil` when that is unknown or does not fit.
  func cost(of amounts: Amounts) -> Int64? {
    if amounts.nanodollars > 0 { return amounts.nanodollars }
    let output = max(amounts.outputTokens, amounts.maximumOutputTokens)
    guard let cost = price?.cost(inputTokens: amounts.inputTokens, outputTokens: output) else { return nil }
    // Of tokens that are only told together each may be the dearer one.
    guard amounts.inputTokens == 0, amounts.outputTokens == 0 else { return cost }
    return price?.cost(tokens: amounts.tokens).map { max($0, cost) }
  }
}
