/// The mistakes found so far.
struct ProblemList: Sendable {
  private(set) var problems: [PolicyProblem] = []

  mutating func add(
    _ code: PolicyProblem.Code, at place: YAMLPlace?, path: YAMLPath = .root, expected: String, found: String,
    advice: String? = nil
  ) {
    problems.append(
      PolicyProblem(
        code: code, line: place?.line, column: place?.column, path: path.text, expected: expected, found: found,
        advice: advice))
  }
}
