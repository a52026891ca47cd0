import LimiterConfiguration
import Testing

/// What a bad file must be told: where, of which kind, and with which words.
struct Mistake: Sendable, CustomTestStringConvertible {
  var place: String
  var code: PolicyProblem.Code
  var path: String
  var words: [String]

  init(_ place: String, _ code: PolicyProblem.Code, _ path: String, _ words: String...) {
    self.place = place
    self.code = code
    self.path = path
    self.words = words
  }

  var testDescription: String { "\(place) \(code) \(path)" }

  func matches(_ problem: PolicyProblem) -> Bool {
    let place = problem.line.map { "\($0):\(problem.column ?? 0)" } ?? "-"
    return place == self.place && problem.code == code && problem.path == path
      && words.allSatisfy(problem.description.contains)
  }
}
