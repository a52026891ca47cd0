import LimiterCore

/// Money is an integer of nanodollars: 1 USD = 1,000,000,000.
extension Quantity {
  /// Decimals of a dollar that can be counted.
  static let moneyDecimals = 9

  /// Money, such as `1.00 USD`, in nanodollars.
  public static func money(_ text: String) throws(QuantityError) -> Int64 {
    try money(trimmed(text), of: text, expected: "money such as 1.00 USD")
  }

  private static let countedUnits: [Unit] = [.requests, .tokens, .inputTokens, .outputTokens]

  /// Money per calendar period, such as `5.00 USD/day`, or once, such as `1.00 USD`; or requests and tokens, such as `40 requests`.
  public static func budget(_ text: String) throws(QuantityError) -> BudgetQuantity {
    let expected = "money such as 1.00 USD or 5.00 USD/day, or a count such as 40 requests"
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2 else { throw QuantityError(.malformed, expected: expected, found: text) }
    let (unit, amount) = try amount(trimmed(parts[0]), of: text, expected: expected)
    guard parts.count == 2 else { return BudgetQuantity(unit: unit, amount: amount, period: .lifetime) }
    let name = String(trimmed(parts[1]))
    guard let period = BudgetPeriodKind(rawValue: name), period != .lifetime else {
      let advice =
        "the periods are hour, day, week and month; without a period it is spent once"
        + (["run", "tenant"].contains(name) ? ", and `per: \(name)` counts it per \(name)" : "")
      throw QuantityError(.unknownUnit, expected: expected, found: text, advice: advice)
    }
    return BudgetQuantity(unit: unit, amount: amount, period: period)
  }

  /// Money, or a count with its unit.
  private static func amount(
    _ part: Substring, of text: String, expected: String
  ) throws(QuantityError) -> (Unit, Int64) {
    let words = part.split(separator: " ")
    guard words.count == 2, let unit = countedUnits.first(where: { $0.rawValue == words[1] }) else {
      return (.nanodollars, try money(part, of: text, expected: expected))
    }
    return (unit, try count(words[0], of: text, expected: expected))
  }

  /// Dollars without a currency, such as `12.50`, in nanodollars: for options whose name says USD.
  public static func dollars(_ text: String) throws(QuantityError) -> Int64 {
    let value = try decimal(trimmed(text), of: text, expected: "dollars such as 12.50")
    guard value > 0 else { throw QuantityError(.zero, expected: "dollars such as 12.50", found: text) }
    return value
  }

  /// A price, such as `2.5` USD per million tokens, in nanodollars per million tokens; 0 is free.
  public static func price(_ text: String) throws(QuantityError) -> Int64 {
    let expected = "USD per million tokens such as 2.5"
    let number = trimmed(text)
    if number.hasSuffix("USD") || number.hasPrefix("$") {
      throw QuantityError(
        .malformed, expected: expected, found: text, advice: "write the number alone; prices are in USD")
    }
    return try decimal(number, of: text, expected: expected)
  }

  /// A share, such as `0.8` or `1`, in thousandths: more than 0, at most 1, three decimals.
  public static func perMille(_ text: String) throws(QuantityError) -> Int64 {
    let expected = "a share above 0 and up to 1 such as 0.8"
    let value: Int64
    do throws(DecimalText.Failure) {
      value = try DecimalText.scaled(trimmed(text), decimals: 3, most: 1_000)
    } catch {
      throw numberError(error, of: text, expected: expected, decimals: 3, most: "1")
    }
    guard value > 0 else { throw QuantityError(.zero, expected: expected, found: text, advice: "0 admits nothing") }
    return value
  }

  private static func money(_ part: Substring, of text: String, expected: String) throws(QuantityError) -> Int64 {
    let words = part.split(separator: " ")
    guard words.count == 2 else {
      let advice = words.count == 1 ? "write the number, a space and USD" : nil
      throw QuantityError(.malformed, expected: expected, found: text, advice: advice)
    }
    let value = try decimal(words[0], of: text, expected: expected)
    guard words[1] == "USD" else {
      throw QuantityError(
        .unknownUnit, expected: expected, found: text,
        advice: expected.contains("requests")
          ? "the only currency is USD; what is counted are requests, tokens, input_tokens and output_tokens"
          : "the only currency is USD")
    }
    guard value > 0 else {
      throw QuantityError(
        .zero, expected: expected, found: text, advice: "the smallest amount is 0.000000001 USD")
    }
    return value
  }

  private static func decimal(_ digits: Substring, of text: String, expected: String) throws(QuantityError) -> Int64 {
    do throws(DecimalText.Failure) {
      return try DecimalText.scaled(digits, decimals: moneyDecimals, most: LimiterBounds.amount)
    } catch {
      throw numberError(
        error, of: text, expected: expected, decimals: moneyDecimals, most: "9007199.254740991 (2^53 - 1 nanodollars)")
    }
  }
}
