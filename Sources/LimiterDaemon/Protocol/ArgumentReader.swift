import LimiterCore

/// Walks over the arguments of one command; what is thrown says what was expected.
struct ArgumentReader {
  let command: String
  /// What was not read yet.
  private(set) var rest: WorkerWords
  private var seen: [String] = []
  private static let usualKeywords = 8

  init(_ command: WorkerCommand) {
    self.command = command.name
    rest = command.arguments
  }

  var isAtEnd: Bool { rest.isEmpty }

  /// The next argument as UTF-8.
  mutating func text(_ what: String, bytes: ClosedRange<Int> = 1...LimiterBounds.name) throws(CommandError) -> String {
    guard let word = rest.popFirst() else { throw malformed("expected \(what), nothing came") }
    guard bytes.contains(word.count) else {
      throw malformed(
        "expected \(what) of \(bytes.lowerBound) to \(bytes.upperBound) bytes, \(word.count) came")
    }
    guard let text = String(validating: word, as: UTF8.self) else {
      throw malformed("expected \(what) in UTF-8, other bytes came")
    }
    return text
  }

  /// The next argument as a whole number.
  mutating func number(_ what: String, _ range: ClosedRange<Int64>) throws(CommandError) -> Int64 {
    guard let word = rest.popFirst() else {
      throw malformed("expected \(what), a whole number, nothing came")
    }
    guard let number = Self.integer(word), range.contains(number) else {
      throw malformed(
        "expected \(what) to be a whole number from \(range.lowerBound) to \(range.upperBound), got \(Self.excerpt(word))"
      )
    }
    return number
  }

  /// The next keyword; `nil` at the end. Only those of `repeatable` may come twice.
  mutating func keyword(repeatable: [String] = []) throws(CommandError) -> String? {
    guard let word = rest.popFirst() else { return nil }
    let keyword = Keyword.text(word)
    if seen.contains(keyword), !repeatable.contains(keyword) {
      throw malformed("\(Self.excerpt(word)) is given twice")
    }
    if seen.isEmpty { seen.reserveCapacity(Self.usualKeywords) }
    seen.append(keyword)
    return keyword
  }

  /// Nothing may follow.
  func end() throws(CommandError) {
    guard let word = rest.first else { return }
    throw malformed(
      "expected the end of the command, got \(Self.excerpt(word)); its syntax: \(CommandTable.syntax(command))")
  }

  /// An unknown keyword.
  func unexpected(_ keyword: String) -> CommandError {
    malformed("unknown keyword \(Self.excerpt(keyword.utf8)); its syntax: \(CommandTable.syntax(command))")
  }

  func malformed(_ message: String) -> CommandError {
    CommandError(.malformed, "\(command): \(message)")
  }

  private static func integer(_ word: ArraySlice<UInt8>) -> Int64? {
    guard (1...19).contains(word.count) else { return nil }
    var value: Int64 = 0
    for byte in word {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
      guard !overflow, !carry else { return nil }
      value = sum
    }
    return value
  }

  /// What came, short and printable.
  static func excerpt(_ word: some Collection<UInt8>) -> String {
    let printable = word.prefix(Keyword.longest).map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }
    return "`\(String(decoding: printable, as: UTF8.self))\(word.count > Keyword.longest ? "..." : "")`"
  }
}
