import LimiterConfiguration
import Testing

/// A bad file and all that must be said about it.
struct BadPolicy: Sendable, CustomTestStringConvertible {
  var name: String
  var text: String
  var mistakes: [Mistake]

  /// A text that says no models, which would be a mistake of its own, gets one, unless `alone`.
  init(_ name: String, _ text: String, alone: Bool = false, _ mistakes: Mistake...) {
    self.name = name
    self.text = alone || text.contains("models:") ? text : text + "\nmodels: {gpt-4o: {}}\n"
    self.mistakes = mistakes
  }

  var testDescription: String { name }

  /// Expects exactly these mistakes, in this order.
  func check(sourceLocation: SourceLocation = #_sourceLocation) {
    do throws(PolicyError) {
      let policy = try PolicyFile.parse(text, name: "bad.yaml")
      Issue.record("accepted: \(policy)", sourceLocation: sourceLocation)
    } catch {
      let equal = error.problems.count == mistakes.count && zip(mistakes, error.problems).allSatisfy { $0.matches($1) }
      #expect(equal, "\(name): \(error) instead of \(mistakes)", sourceLocation: sourceLocation)
      #expect(error.description.split(separator: "\n").allSatisfy { $0.hasPrefix("bad.yaml:") })
    }
  }
}
