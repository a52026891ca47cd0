/// A name as it came, byte for byte. As texts, an `é` in one character and one in two are the same, and the names of two workers would be.
struct ExactName: Hashable {
  private let bytes: [UInt8]

  init(_ name: String) {
    bytes = Array(name.utf8)
  }

  /// Its bytes.
  var count: Int { bytes.count }
}
