/// A duration as Go writes it: `1s`, `6m0s`, `2m59.56s`, `120ms`, `1h0m0s`.
enum GoDuration {
  private static let units: [(String, Double)] = [
    ("ns", 1e-9), ("us", 1e-6), ("\u{b5}s", 1e-6), ("\u{3bc}s", 1e-6), ("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3_600),
  ]

  static func parse(_ text: String) -> Duration? {
    var rest = Substring(text)
    var seconds = 0.0
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      guard let value = Double(number) else { return nil }
      rest = rest.dropFirst(number.count)
      guard let unit = units.first(where: { rest.hasPrefix($0.0) && ($0.0 != "m" || !rest.hasPrefix("ms")) }) else {
        return nil
      }
      seconds += value * unit.1
      rest = rest.dropFirst(unit.0.count)
    }
    return seconds.isFinite && seconds < 1e9 ? .seconds(seconds) : nil
  }
}
