import LimiterCore

/// Amounts as people read them.
enum Amount {
  static func text(_ answer: Answer, unit: Answer) -> String {
    guard let number = answer.number else { return answer.shown }
    return unit.text == "nanodollars" ? dollars(number) : "\(number)"
  }

  static func text(_ amount: Int64, unit: Unit?) -> String {
    switch unit {
    case .nanodollars: dollars(amount)
    case let unit?: "\(amount) \(unit.rawValue)"
    case nil: "\(amount)"
    }
  }

  /// `1.234567 USD`, without zeros at the end beyond cents.
  static func dollars(_ nanodollars: Int64) -> String {
    let magnitude = nanodollars.magnitude
    var fraction = String(magnitude % 1_000_000_000)
    fraction = String(repeating: "0", count: 9 - fraction.count) + fraction
    while fraction.count > 2, fraction.last == "0" { fraction.removeLast() }
    return "\(nanodollars < 0 ? "-" : "")\(magnitude / 1_000_000_000).\(fraction) USD"
  }

  static func milliseconds(_ answer: Answer) -> String {
    guard let number = answer.number else { return "-" }
    return number < 1_000 ? "\(number) ms" : "\(number / 1_000).\(number % 1_000 / 100) s"
  }
}
