import LimiterConfiguration

/// One `--limit`: `requests=300/10s`, `tokens=400000/10s`, `concurrency=64`.
package enum LimitText: Sendable, Hashable {
  case window(WindowRule)
  case concurrency(Int64)

  /// - Throws: an error that quotes the text and says what was expected in it.
  package init(parsing text: String) throws(SimulationError) {
    let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard sides.count == 2 else {
      throw Self.error(text, "expected NAME=AMOUNT/TIME, as requests=300/10s, or concurrency=64")
    }
    if sides[0] == "concurrency" {
      self = .concurrency(try Self.concurrency(sides[1], text))
      return
    }
    guard let unit = AmountUnit(rawValue: sides[0]) else {
      let names = (AmountUnit.allCases.map(\.rawValue) + ["concurrency"]).joined(separator: ", ")
      throw Self.error(text, "expected one of \(names) before \"=\", got `\(Excerpt.of(sides[0]))`")
    }
    let quantity: WindowQuantity
    do throws(QuantityError) { quantity = try Quantity.window(Self.completed(sides[1])) } catch {
      throw Self.error(text, error.description)
    }
    self = .window(WindowRule(unit: unit, amount: quantity.amount, length: quantity.length))
  }

  /// `300/s` says the same as `300/1s`.
  private static func completed(_ text: String) -> String {
    guard let slash = text.lastIndex(of: "/") else { return text }
    let time = text[text.index(after: slash)...]
    return time.first?.isLetter == true ? "\(text[...slash])1\(time)" : text
  }

  private static func concurrency(_ digits: String, _ text: String) throws(SimulationError) -> Int64 {
    do throws(QuantityError) { return try Quantity.count(digits) } catch {
      throw Self.error(text, error.description)
    }
  }

  private static func error(_ text: String, _ what: String) -> SimulationError {
    SimulationError(.configuration, "limit \"\(Excerpt.of(text))\": \(what)")
  }
}
