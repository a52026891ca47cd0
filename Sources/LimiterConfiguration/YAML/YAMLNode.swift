/// A value of a YAML file with its place.
///
/// Scalars stay text: a reader that knows the key decides what they mean, so that a number never passes through floating
/// point.
struct YAMLNode: Sendable {
  enum Content: Sendable {
    /// Nothing after the colon, `~` or `null`.
    case nothing
    case text(String)
    case list([YAMLNode])
    case mapping([YAMLEntry])
    /// Something whose mistake has been reported already.
    case reported
  }

  var place: YAMLPlace
  var content: Content

  /// Whether there is no value.
  var isNothing: Bool {
    if case .nothing = content { true } else { false }
  }

  /// What this is, where a text may be a secret: messages go to logs.
  var kindOfSecret: String {
    if case .text = content { "a text (not told: it may be a secret)" } else { kind }
  }

  /// What this is, for a message.
  var kind: String {
    switch content {
    case .nothing, .reported: "nothing"
    case .text(let text): "`\(Excerpt.of(text))`"
    case .list: "a list"
    case .mapping: "a mapping"
    }
  }
}
