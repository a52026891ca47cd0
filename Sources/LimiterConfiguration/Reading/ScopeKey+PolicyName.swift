import LimiterCore

extension ScopeKey {
  /// The scopes that need no name.
  static let plainNames = ["model", "provider", "tenant", "run"]

  /// A scope as a policy writes it: `tenant`, `attribute.plan`.
  init?(policyName text: String) {
    switch text {
    case "model": self = .model
    case "provider": self = .provider
    case "tenant": self = .tenant
    case "run": self = .run
    default:
      let prefix = "attribute."
      let name = text.dropFirst(prefix.count)
      guard text.hasPrefix(prefix), !name.isEmpty, text.utf8.count <= LimiterBounds.name,
        name.utf8.allSatisfy(PolicyReader.isNameByte)
      else { return nil }
      self = .attribute(String(name))
    }
  }
}
