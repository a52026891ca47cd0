/// A policy that cannot be used: every mistake of the file, in the order of its lines.
public struct PolicyError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The file's name.
  public var name: String
  /// The mistakes; at least one, at most ``ConfigurationBounds/problems``.
  public var problems: [PolicyProblem]
  /// Mistakes beyond that bound.
  public var omitted: Int

  /// An error of at least one mistake.
  init(name: String, problems: [PolicyProblem]) {
    precondition(!problems.isEmpty, "a policy error needs at least one problem")
    self.name = name
    let sorted = problems.enumerated().sorted { left, right in
      let leftPlace = (left.element.line ?? 0, left.element.column ?? 0, left.offset)
      return leftPlace < (right.element.line ?? 0, right.element.column ?? 0, right.offset)
    }
    self.problems = sorted.prefix(ConfigurationBounds.problems).map(\.element)
    omitted = problems.count - self.problems.count
  }

  /// One mistake a line, each as `file:line:column: path: expected ..., got ...`.
  public var description: String {
    let lines = problems.map { $0.line == nil ? "\(name): \($0)" : "\(name):\($0)" }
    return (lines + (omitted > 0 ? ["\(name): and \(omitted) more"] : [])).joined(separator: "\n")
  }
}
