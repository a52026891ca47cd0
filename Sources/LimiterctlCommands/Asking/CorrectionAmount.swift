import LimiterConfiguration
import LimiterCore

/// How much a correction adds: a whole number in the limit's unit, or money as `0.25 USD`, with a sign. Never through floating point.
struct CorrectionAmount: Sendable, Hashable {
  /// In the limit's unit; money in nanodollars.
  var value: Int64
  /// Whether it came as dollars.
  var isMoney: Bool

  /// - Throws: `QuantityError`: no number, zero, too large to be counted exactly, or with more decimals than nanodollars have.
  init(parsing text: String) throws(QuantityError) {
    let isNegative = text.hasPrefix("-")
    let magnitude = isNegative ? String(text.dropFirst()) : text
    isMoney = magnitude.contains("USD")
    let amount = isMoney ? try Quantity.money(magnitude) : try Quantity.count(magnitude)
    value = isNegative ? -amount : amount
  }
}
