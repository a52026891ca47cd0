import LimiterCore

/// `fairness:`.
extension PolicyReader {
  private static let fairnessKeys = ["per", "weights"]

  /// `off`, or whose calls share and how.
  mutating func fairness(_ fields: PolicyFields) -> Fairness? {
    guard let entry = fields["fairness"] else { return nil }
    let path = fields.path(of: "fairness")
    if case .text("off") = entry.value.content { return .off }
    guard
      let keys = mapping(
        entry.value, at: entry.place, path: path, expected: "`off`, or whose calls share,", keys: Self.fairnessKeys)
    else { return nil }
    var fairness = Fairness(per: .tenant)
    if let per = keys["per"], let scopes = scopes(per.value, path: keys.path(of: "per")) {
      if scopes.count == 1 {
        fairness.scope = scopes[0]
      } else {
        problems.add(
          .badValue, at: per.value.place, path: keys.path(of: "per"), expected: "one scope",
          found: "\(scopes.count) scopes")
      }
    }
    guard let weights = keys["weights"] else { return fairness }
    let weightsPath = keys.path(of: "weights")
    guard
      let entries = entries(weights.value, at: weights.place, path: weightsPath, expected: "weights by name")
    else { return nil }
    for weight in entries.entries {
      fairness.weights[weight.key] = quantity(weight.value, path: weightsPath.key(weight.key)) {
        text throws(QuantityError) in
        Int64(try Self.number(text, in: 1...ConfigurationBounds.weight))
      }
    }
    return fairness
  }
}
