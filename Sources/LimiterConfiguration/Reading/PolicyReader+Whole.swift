import LimiterCore

/// What can only be said of the whole policy.
extension PolicyReader {
  mutating func checkWhole(_ fields: PolicyFields) {
    if rules.count > ConfigurationBounds.limits {
      problems.add(
        .outOfRange, at: fields.place, expected: "at most \(ConfigurationBounds.limits) limits",
        found: "\(rules.count)")
    }
    for (name, read) in models.sorted(by: { $0.value.place < $1.value.place }) {
      let applying = rules.filter { $0.models?.contains(name) ?? true }
      checkPrice(of: name, read, under: applying)
      if applying.count > LimiterBounds.limitsPerRequest {
        problems.add(
          .outOfRange, at: read.place, path: read.path,
          expected: "at most \(LimiterBounds.limitsPerRequest) limits for one call", found: "\(applying.count)",
          advice: "say `models` where a limit is not meant for all of them")
      }
    }
  }

  /// A budget cannot count calls whose price nobody knows.
  private mutating func checkPrice(of name: String, _ read: ReadModel, under rules: [LimitRule]) {
    guard read.model.price == nil, !read.saysPrice else { return }
    let budgets = rules.filter { if case .budget(unit: .nanodollars, _, _) = $0.kind { true } else { false } }.map(
      \.name)
    guard !budgets.isEmpty else { return }
    let advice =
      "add `price: {input: ..., output: ...}` in USD per million tokens, or `price: <a listed name>`"
      + (suggestion(forPriceOf: name).map { "; \($0)" } ?? "")
    problems.add(
      .missingKey, at: read.place, path: read.path.key("price"),
      expected: "a price, because \(list(budgets)) count\(budgets.count == 1 ? "s" : "") money",
      found: "a model that the price list does not know", advice: advice)
  }
}
