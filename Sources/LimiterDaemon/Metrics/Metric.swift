/// One family of metrics: what it is called, what it counts, and in which unit.
package struct Metric: Sendable {
  package enum Kind: String, Sendable {
    case counter, gauge, histogram
  }

  /// A label; how many values it can have is known beforehand.
  package struct Label: Sendable {
    package enum Values: Sendable {
      case closed([String])
      /// Names out of the policy, at most as many; further ones are counted as ``MetricBounds/otherName``, or left out.
      case named(String, atMost: Int)
    }

    package var name: String
    package var values: Values
  }

  package var name: String
  package var kind: Kind
  package var unit: String
  package var help: String
  package var labels: [Label] = []
}
