/// Bytes of a file as text that is safe to give to the YAML parser.
enum YAMLText {
  /// Decodes, or says what is wrong with the file as a whole.
  static func decode(_ bytes: some Collection<UInt8>, problems: inout ProblemList) -> String? {
    guard bytes.count <= ConfigurationBounds.fileBytes else {
      problems.add(
        .unreadable, at: nil, expected: "a file of at most \(ConfigurationBounds.fileBytes) bytes",
        found: "a larger one")
      return nil
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      problems.add(
        .notYAML, at: placeOfFirstInvalid(bytes), expected: "text in UTF-8", found: "a byte that is not UTF-8",
        advice: "save the file as UTF-8")
      return nil
    }
    return text
  }

  /// Whether the parser can be given this text.
  static func check(_ text: String, problems: inout ProblemList) -> Bool {
    guard text.utf8.count <= ConfigurationBounds.fileBytes else {
      problems.add(
        .unreadable, at: nil, expected: "a file of at most \(ConfigurationBounds.fileBytes) bytes",
        found: "a larger one")
      return false
    }
    var place = YAMLPlace.start
    var aliasLike = 0
    var scalars = text.unicodeScalars.makeIterator()
    var current = scalars.next()
    while let scalar = current {
      let next = scalars.next()
      if isControl(scalar) {
        problems.add(
          .notYAML, at: place, expected: "printable text",
          found: "the control character U+\(String(scalar.value, radix: 16, uppercase: true))")
        return false
      }
      if scalar == "*", let next, next.isASCII,
        next.properties.isAlphabetic || "0123456789_-".unicodeScalars.contains(next)
      {
        aliasLike += 1
      }
      // Composing is linear in the file, but comparing keys that are nested aliases is not. Aliases are refused after
      // composing; only so few may come that far that the comparison stays cheap.
      guard aliasLike <= ConfigurationBounds.aliasLikeWords else {
        problems.add(
          .notYAML, at: place, expected: "values that are written out", found: "many words that start with `*`",
          advice: "YAML aliases are not supported")
        return false
      }
      place.advance(over: scalar, next: next)
      current = next
    }
    return true
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A, 0x0D, 0x85: false
    case 0..<0x20, 0x7F..<0xA0, 0xFFFE, 0xFFFF: true
    default: false
    }
  }

  private static func placeOfFirstInvalid(_ bytes: some Collection<UInt8>) -> YAMLPlace {
    var place = YAMLPlace.start
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    var last: Unicode.Scalar?
    while case .scalarValue(let scalar) = decoder.decode(&iterator) {
      if let last { place.advance(over: last, next: scalar) }
      last = scalar
    }
    if let last { place.advance(over: last, next: nil) }
    return place
  }
}
