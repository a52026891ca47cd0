/// Scores of a sorted set. The limiter's are whole microseconds, which a double holds exactly for the next 250 years.
enum Score {
  static func value(_ text: String?) -> Int64? {
    guard let text else { return nil }
    if let whole = Int64(text) { return whole }
    return Double(text).flatMap { Int64(exactly: $0) }
  }

  /// `(5` leaves 5 itself out; `-inf` and `+inf` are no bound.
  static func bound(_ text: String?, isLow: Bool) -> Int64? {
    guard let text else { return nil }
    switch text.lowercased() {
    case "-inf": return .min
    case "+inf", "inf": return .max
    default: break
    }
    guard text.hasPrefix("(") else { return value(text) }
    return value(String(text.dropFirst())).map { isLow ? $0 + 1 : $0 - 1 }
  }
}
