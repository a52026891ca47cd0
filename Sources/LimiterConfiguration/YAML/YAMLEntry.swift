/// A key and its value.
struct YAMLEntry: Sendable {
  var key: String
  var place: YAMLPlace
  var value: YAMLNode
}
