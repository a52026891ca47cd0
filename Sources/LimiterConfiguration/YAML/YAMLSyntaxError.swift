import Yams

/// What the YAML parser says, in the words of this project.
enum YAMLSyntaxError {
  static func report(_ error: any Error, in scalars: [Unicode.Scalar], problems: inout ProblemList) {
    guard let error = error as? YamlError else {
      problems.add(.notYAML, at: nil, expected: "a YAML file", found: "text that cannot be parsed (\(error))")
      return
    }
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
      // A file whose last line has no end is told to end on a line that is not there.
      let place = min(YAMLPlace(mark), YAMLPlace.end(of: scalars))
      report(problem, context: context, at: place, in: scalars, problems: &problems)
    case .composer(_, let problem, let mark, _):
      if problem.contains("another document") {
        problems.add(
          .notYAML, at: YAMLPlace(mark), expected: "one YAML document", found: "a second one",
          advice: "one file holds one policy")
      } else {
        problems.add(
          .notYAML, at: YAMLPlace(mark), expected: "a value that is written out",
          found: "a YAML alias without an anchor", advice: "quote a text that starts with `*`")
      }
    default:
      problems.add(.notYAML, at: nil, expected: "a YAML file", found: "text that cannot be parsed (\(error))")
    }
  }

  private static func report(
    _ problem: String, context: YamlError.Context?, at place: YAMLPlace, in scalars: [Unicode.Scalar],
    problems: inout ProblemList
  ) {
    if problem.contains("nesting") {
      problems.add(
        .notYAML, at: place, expected: "at most \(ConfigurationBounds.nesting) levels of nesting", found: "more")
      return
    }
    if scalar(at: place, in: scalars) == "\t" {
      problems.add(
        .notYAML, at: place, expected: "spaces", found: "a tab", advice: "YAML does not allow tabs as indentation")
      return
    }
    var found = "a place that the YAML parser cannot read: \(problem)"
    if let context, context.mark.line <= place.line {
      found += " (\(context.text), which starts in line \(context.mark.line))"
    }
    problems.add(.notYAML, at: place, expected: "a YAML file", found: found, advice: advice(for: problem))
  }

  private static func advice(for problem: String) -> String? {
    if problem.contains("expected ':'") || problem.contains("expected key") || problem.contains("not allowed") {
      return "check the indentation, and that a colon and a space follow each key"
    }
    if problem.contains("cannot start any token") { return "quote texts with special characters" }
    return nil
  }

  private static func scalar(at place: YAMLPlace, in scalars: [Unicode.Scalar]) -> Unicode.Scalar? {
    var current = YAMLPlace.start
    for index in scalars.indices {
      if current == place { return scalars[index] }
      current.advance(over: scalars[index], next: index + 1 < scalars.count ? scalars[index + 1] : nil)
    }
    return nil
  }
}
