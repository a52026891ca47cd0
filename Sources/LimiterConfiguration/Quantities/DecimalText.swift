/// Decimal digits as an integer of a smaller unit, never through a floating-point number.
///
/// With three decimals `0.8` is 800; with nine decimals `1.00` is 1,000,000,000. Underscores may group the digits
/// (`2_000_000`).
enum DecimalText {
  /// What is wrong, without words: whoever reads the quantity knows what was expected.
  enum Failure: Error {
    case malformed, negative, tooPrecise, tooLarge
  }

  /// Reads a number of at most `decimals` decimals, in units of 10^-decimals, up to `most` of these units.
  static func scaled(_ text: some StringProtocol, decimals: Int = 0, most: Int64) throws(Failure) -> Int64 {
    let bytes = Array(text.utf8.prefix(ConfigurationBounds.digits + 1))
    if bytes.first == UInt8(ascii: "-") {
      // Whether the sign is the only mistake decides what is said about it.
      _ = try magnitude(bytes.dropFirst(), decimals: decimals, most: .max)
      throw .negative
    }
    return try magnitude(bytes[...], decimals: decimals, most: most)
  }

  private static func magnitude(_ bytes: ArraySlice<UInt8>, decimals: Int, most: Int64) throws(Failure) -> Int64 {
    let parts = bytes.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = parts.first, isNumber(whole), parts.count == 1 || isNumber(parts[1]) else { throw .malformed }
    guard bytes.count <= ConfigurationBounds.digits else { throw .tooLarge }
    let fraction = parts.count == 2 ? parts[1].filter(isDigit) : []
    guard fraction.count <= decimals else { throw .tooPrecise }
    let zeros = [UInt8](repeating: UInt8(ascii: "0"), count: decimals - fraction.count)
    var value: Int64 = 0
    for digit in whole.filter(isDigit) + fraction + zeros {
      let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tenfold.addingReportingOverflow(Int64(digit - UInt8(ascii: "0")))
      guard !overflow, !carry else { throw .tooLarge }
      value = sum
    }
    guard value <= most else { throw .tooLarge }
    return value
  }

  /// Digits, with single underscores between them.
  private static func isNumber(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let first = bytes.first, let last = bytes.last, isDigit(first), isDigit(last) else { return false }
    return bytes.allSatisfy { isDigit($0) || $0 == UInt8(ascii: "_") }
  }

  static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }
}
