/// The words of one request, in the bytes as they came: a word is a place in them, and no memory of its own.
package struct WorkerWords: Sendable, RandomAccessCollection {
  private let bytes: [UInt8]
  private let places: [Range<Int>]
  private var first: Int

  package init(_ bytes: [UInt8], places: [Range<Int>]) {
    self.bytes = bytes
    self.places = places
    first = 0
  }

  /// Words that came another way.
  package init(_ words: [[UInt8]]) {
    var places: [Range<Int>] = []
    var end = 0
    for word in words {
      places.append(end..<end + word.count)
      end += word.count
    }
    self.init(Array(words.joined()), places: places)
  }

  package var startIndex: Int { first }
  package var endIndex: Int { places.count }

  package subscript(index: Int) -> ArraySlice<UInt8> { bytes[places[index]] }

  /// Takes the first word.
  mutating func popFirst() -> ArraySlice<UInt8>? {
    guard first < places.count else { return nil }
    defer { first += 1 }
    return bytes[places[first]]
  }
}

extension WorkerWords: Hashable {
  package static func == (left: WorkerWords, right: WorkerWords) -> Bool {
    left.elementsEqual(right, by: ==)
  }

  package func hash(into hasher: inout Hasher) {
    // Two texts that differ only in where a word ends are told apart when they are compared.
    for word in self { word.withUnsafeBytes { hasher.combine(bytes: $0) } }
  }
}
