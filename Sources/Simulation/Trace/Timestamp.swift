/// Times of traces: `2023-11-16 18:15:46.6805900`, also with `T` and a trailing `Z` or `+00:00`. Digits behind the microsecond are cut.
enum Timestamp {
  /// - Returns: microseconds since 1970-01-01 UTC; `nil` if the text is no such time.
  static func microseconds(_ text: String) -> Int64? {
    var bytes = Array(text.utf8)
    if bytes.last == UInt8(ascii: "Z") { bytes.removeLast() }
    if bytes.suffix(6).elementsEqual("+00:00".utf8) { bytes.removeLast(6) }
    guard bytes.count >= 19, bytes[4] == 45, bytes[7] == 45, bytes[10] == 32 || bytes[10] == 84, bytes[13] == 58,
      bytes[16] == 58
    else { return nil }
    let parts = [0..<4, 5..<7, 8..<10, 11..<13, 14..<16, 17..<19].map { number(bytes[$0]) }
    guard let year = parts[0], let month = parts[1], let day = parts[2], let hour = parts[3], let minute = parts[4],
      let second = parts[5], year > 0, (1...12).contains(month), (1...length(of: month, year)).contains(day), hour < 24,
      minute < 60, second < 61
    else { return nil }
    var fraction: Int64 = 0
    if bytes.count > 19 {
      let digits = bytes[20...]
      guard bytes[19] == 46, !digits.isEmpty, digits.count <= 12 else { return nil }
      guard number(digits) != nil else { return nil }
      let six = Array(digits.prefix(6)) + Array(repeating: UInt8(ascii: "0"), count: max(0, 6 - digits.count))
      fraction = number(six[...]) ?? 0
    }
    let seconds = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second
    return seconds * 1_000_000 + fraction
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
    var value: Int64 = 0
    for digit in digits {
      guard (48...57).contains(digit) else { return nil }
      value = value * 10 + Int64(digit - 48)
    }
    return value
  }

  private static func length(of month: Int64, _ year: Int64) -> Int64 {
    let next: (year: Int64, month: Int64) = month == 12 ? (year + 1, 1) : (year, month + 1)
    return days(next.year, next.month, 1) - days(year, month, 1)
  }

  /// Days since 1970-01-01 in the Gregorian calendar; years begin in March here, so that the leap day is the last one.
  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}
