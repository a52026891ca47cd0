import LimiterConfiguration
import LimiterCore
import Testing

@Suite("Quantities are read as integers")
struct QuantityTests {
  @Test(
    "a duration is a whole number and a unit",
    arguments: [
      ("100us", Duration.microseconds(100)), ("250ms", .milliseconds(250)), ("10s", .seconds(10)), ("1m", .seconds(60)),
      ("1h", .seconds(3_600)), ("1d", .seconds(86_400)), ("31d", .seconds(31 * 86_400)), ("0s", .zero),
      (" 10s ", .seconds(10)), ("1_000ms", .seconds(1)),
    ])
  func duration(text: String, expected: Duration) throws {
    #expect(try Quantity.duration(text) == expected)
  }

  @Test(
    "a window is an amount per duration",
    arguments: [
      ("500/1m", WindowQuantity(amount: 500, length: .seconds(60))),
      ("30_000 / 10s", WindowQuantity(amount: 30_000, length: .seconds(10))),
      ("9007199254740991/1ms", WindowQuantity(amount: LimiterBounds.amount, length: .milliseconds(1))),
    ])
  func window(text: String, expected: WindowQuantity) throws {
    #expect(try Quantity.window(text) == expected)
  }

  @Test(
    "money is counted in nanodollars, exactly",
    arguments: [
      ("1.00 USD", 1_000_000_000, BudgetPeriodKind.lifetime), ("5 USD/day", 5_000_000_000, .day),
      ("0.1 USD/hour", 100_000_000, .hour), ("0.000000001 USD / week", 1, .week),
      ("9007199.254740991 USD/month", LimiterBounds.amount, .month),
      // As doubles, 0.29 * 10^9 is 290000000.00000003 rounded down, and 1.1 + 2.2 is not 3.3.
      ("0.29 USD", 290_000_000, .lifetime), ("4503599.627370497 USD", 4_503_599_627_370_497, .lifetime),
    ])
  func budget(text: String, nanodollars: Int64, period: BudgetPeriodKind) throws {
    #expect(try Quantity.budget(text) == BudgetQuantity(nanodollars: nanodollars, period: period))
  }

  @Test("a budget may count requests or tokens")
  func counted() throws {
    #expect(try Quantity.budget("40 requests") == BudgetQuantity(unit: .requests, amount: 40, period: .lifetime))
    #expect(
      try Quantity.budget("2_000_000 tokens/day") == BudgetQuantity(unit: .tokens, amount: 2_000_000, period: .day))
    for text in ["40 request", "0 requests", "1.5 requests", "40", "40 requests/run", "40 slots", "-1 tokens"] {
      #expect(throws: QuantityError.self, "\(text)") { try Quantity.budget(text) }
    }
    #expect(error { try Quantity.budget("40 request") }?.advice?.contains("requests, tokens") == true)
  }

  @Test("a price may be zero, dollars may not")
  func price() throws {
    #expect(try Quantity.price("0") == 0)
    #expect(try Quantity.price("0.00875") == 8_750_000)
    #expect(try Quantity.price("600") == 600_000_000_000)
    #expect(try Quantity.dollars("12.50") == 12_500_000_000)
    #expect(throws: QuantityError.self) { try Quantity.dollars("0.00") }
  }

  @Test("a share is counted in thousandths", arguments: [("0.8", 800), ("1", 1_000), ("1.000", 1_000), ("0.001", 1)])
  func share(text: String, expected: Int64) throws {
    #expect(try Quantity.perMille(text) == expected)
  }

  @Test(
    "a broken window says what is wrong with it",
    arguments: [
      ("", QuantityError.Code.malformed), ("500", .malformed), ("500/", .malformed), ("/1m", .malformed),
      ("500/m", .malformed), ("500/1", .unknownUnit), ("500/1min", .unknownUnit), ("500/1M", .unknownUnit),
      ("500/0m", .zero), ("500/-1m", .negative), ("500/0.5m", .tooPrecise), ("500/999us", .tooSmall),
      ("500/32d", .tooLarge), ("500/99999999999999999999d", .tooLarge), ("0/1m", .zero), ("-5/1m", .negative),
      ("1.5/1m", .tooPrecise), ("1e6/1m", .malformed), ("9007199254740992/1m", .tooLarge), ("+5/1m", .malformed),
      ("99999999999999999999999999999999999999999/1m", .tooLarge), ("0x10/1m", .malformed), ("\u{664}/1m", .malformed),
      ("500/1m/1m", .malformed), ("_5/1m", .malformed), ("5_/1m", .malformed), ("500/1m\n", .unknownUnit),
      ("--5/1m", .malformed), ("500/\u{661}m", .malformed),
    ])
  func brokenWindow(text: String, code: QuantityError.Code) {
    #expect(error { try Quantity.window(text) }?.code == code)
  }

  @Test(
    "broken money says what is wrong with it",
    arguments: [
      ("", QuantityError.Code.malformed), ("1.00", .malformed), ("$1", .malformed), ("1.00 EUR", .unknownUnit),
      ("0 USD", .zero), ("-1 USD", .negative), ("1.0000000001 USD", .tooPrecise), ("9007199.254740992 USD", .tooLarge),
      ("10000000 USD", .tooLarge), ("1 USD/year", .unknownUnit), ("1 USD/run", .unknownUnit),
      ("1 USD/lifetime", .unknownUnit), ("1. USD", .malformed), (".5 USD", .malformed), ("1 USD/day/day", .malformed),
      ("1,5 USD", .malformed), ("NaN USD", .malformed), ("inf USD", .malformed), ("1 2 USD", .malformed),
    ])
  func brokenMoney(text: String, code: QuantityError.Code) {
    #expect(error { try Quantity.budget(text) }?.code == code)
  }

  @Test(
    "a share outside of (0, 1] is refused",
    arguments: [
      ("0", QuantityError.Code.zero), ("0.0", .zero), ("1.001", .tooLarge), ("-0.8", .negative),
      ("0.8001", .tooPrecise), ("80%", .malformed), (".8", .malformed), ("", .malformed),
    ])
  func brokenShare(text: String, code: QuantityError.Code) {
    #expect(error { try Quantity.perMille(text) }?.code == code)
  }

  @Test("an error says what was expected, what came and what to do, in one line")
  func message() {
    #expect(
      error { try Quantity.window("500") }?.description
        == "expected an amount per duration such as 500/1m, got `500`; "
        + "say per how long: a slash and the window's length")
    #expect(
      error { try Quantity.budget("5 USD/run") }?.advice
        == "the periods are hour, day, week and month; without a period it is spent once, "
        + "and `per: run` counts it per run")
    let long = error { try Quantity.count(String(repeating: "x", count: 1_000) + "\n") }?.description ?? ""
    #expect(long.utf8.count < 200 && !long.contains("\n"))
  }

  private func error<Value>(_ body: () throws -> Value) -> QuantityError? {
    do {
      _ = try body()
      return nil
    } catch {
      return error as? QuantityError
    }
  }
}
