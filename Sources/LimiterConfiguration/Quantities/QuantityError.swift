/// A quantity that could not be read: what was expected, what came, and what to write instead.
public struct QuantityError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong with the text.
  public enum Code: String, Sendable, Hashable {
    /// Not of the expected form.
    case malformed
    /// Below zero.
    case negative
    /// Zero where at least one is needed.
    case zero
    /// Below the smallest value.
    case tooSmall
    /// Above the largest value.
    case tooLarge
    /// More decimals than can be counted exactly.
    case tooPrecise
    /// A unit, currency or period that does not exist.
    case unknownUnit
  }

  /// What is wrong.
  public var code: Code
  /// The expected form or range, as a noun phrase.
  public var expected: String
  /// The text that came, shortened and printable.
  public var found: String
  /// What to write instead, where that can be said.
  public var advice: String?

  /// An error.
  package init(_ code: Code, expected: String, found: some StringProtocol, advice: String? = nil) {
    self.code = code
    self.expected = expected
    self.found = "`\(Excerpt.of(found))`"
    self.advice = advice
  }

  /// One line: expected, found, advice.
  public var description: String {
    "expected \(expected), got \(found)" + (advice.map { "; \($0)" } ?? "")
  }
}
