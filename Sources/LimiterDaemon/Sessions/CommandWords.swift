/// The words behind a command's name.
struct CommandWords: Hashable {
  var words: ArraySlice<[UInt8]>

  func hash(into hasher: inout Hasher) {
    // Two texts that differ only in where a word ends are told apart when they are compared.
    for word in words { word.withUnsafeBytes { hasher.combine(bytes: $0) } }
  }
}
