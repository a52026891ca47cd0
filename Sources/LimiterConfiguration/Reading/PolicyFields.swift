/// The keys of one mapping whose names have been checked.
struct PolicyFields {
  /// Where the mapping is said: its key's place.
  var place: YAMLPlace
  var path: YAMLPath
  var entries: [YAMLEntry]

  subscript(key: String) -> YAMLEntry? {
    entries.first { $0.key == key }
  }

  func path(of key: String) -> YAMLPath {
    path.key(key)
  }
}
