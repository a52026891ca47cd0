/// A place in a file, counted as the YAML parser counts.
struct YAMLPlace: Sendable, Hashable, Comparable {
  /// From 1.
  var line: Int
  /// From 1, in Unicode scalars.
  var column: Int

  static let start = YAMLPlace(line: 1, column: 1)

  static func < (left: YAMLPlace, right: YAMLPlace) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }

  /// The place after `scalar`, which stands here; `next` tells whether a carriage return belongs to a line feed.
  mutating func advance(over scalar: Unicode.Scalar, next: Unicode.Scalar?) {
    switch scalar {
    case "\r" where next == "\n": column += 1
    case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}":
      line += 1
      column = 1
    default: column += 1
    }
  }

  /// The place after the last scalar.
  static func end(of scalars: [Unicode.Scalar]) -> YAMLPlace {
    var place = YAMLPlace.start
    for index in scalars.indices {
      place.advance(over: scalars[index], next: index + 1 < scalars.count ? scalars[index + 1] : nil)
    }
    return place
  }
}
