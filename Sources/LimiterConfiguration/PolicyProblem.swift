/// One mistake in a policy file: where it is, what was expected there and what came.
public struct PolicyProblem: Sendable, Hashable, CustomStringConvertible {
  /// The kinds of mistakes.
  public enum Code: String, Sendable, Hashable, CaseIterable {
    /// The file cannot be read, or is too large.
    case unreadable
    /// Not UTF-8, not YAML, or YAML that policies do not use (aliases, several documents).
    case notYAML
    /// A key that does not exist.
    case unknownKey
    /// A key that is given twice.
    case duplicateKey
    /// A key that must be there and is not.
    case missingKey
    /// A list where a text is expected, and the like.
    case wrongType
    /// A text that is not of the expected form.
    case badValue
    /// A number, duration or amount that is too small, too large or too precise.
    case outOfRange
    /// A name that refers to nothing: a model, a time zone, a listed price.
    case unknownName
    /// Keys that contradict each other, or a limit that no request could ever pass.
    case conflict
  }

  /// The kind of mistake.
  public var code: Code
  /// The line, from 1; `nil` when the mistake is the whole file's.
  public var line: Int?
  /// The column, from 1, counted in Unicode scalars.
  public var column: Int?
  /// The keys that lead to the place, such as `models.gpt-4o.limits.requests`; empty for the whole file.
  public var path: String
  /// What was expected, as a noun phrase.
  public var expected: String
  /// What came.
  public var found: String
  /// What to do about it, where that can be said.
  public var advice: String?

  /// One line: `4:3: models.gpt-4o: expected ..., got ...; advice`.
  public var description: String {
    var text = ""
    if let line, let column { text += "\(line):\(column): " }
    if !path.isEmpty { text += "\(path): " }
    return text + message
  }

  /// Without the place: `expected ..., got ...; advice`.
  public var message: String { "expected \(expected), got \(found)" + (advice.map { "; \($0)" } ?? "") }
}
