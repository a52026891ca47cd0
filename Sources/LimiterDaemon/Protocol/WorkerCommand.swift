/// A command as it came: its name in capitals, and its arguments.
package struct WorkerCommand: Sendable {
  package var name: String
  package var arguments: WorkerWords

  package init(name: String, arguments: WorkerWords) {
    self.name = name
    self.arguments = arguments
  }

  /// A command out of the words of a request, or of the arguments of another, such as TAG's; `nil` when there are none.
  package init?(_ words: WorkerWords) {
    var words = words
    guard let first = words.popFirst() else { return nil }
    self.init(name: Keyword.text(first), arguments: words)
  }
}

/// Names of commands and keywords, which may be written in any case.
enum Keyword {
  /// Longer words are no keywords.
  static let longest = 32

  /// The word in capitals.
  static func text(_ word: ArraySlice<UInt8>) -> String {
    let lowercase = UInt8(ascii: "a")...UInt8(ascii: "z")
    let text = word.prefix(longest + 1)
    guard text.contains(where: { lowercase ~= $0 }) else { return String(decoding: text, as: UTF8.self) }
    return String(decoding: text.map { lowercase ~= $0 ? $0 & 0xDF : $0 }, as: UTF8.self)
  }
}
