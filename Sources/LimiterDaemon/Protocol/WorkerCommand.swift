package import Hiredis

/// A command as it came: its name in capitals, and its arguments.
package struct WorkerCommand: Sendable {
  package var name: String
  package var arguments: ArraySlice<[UInt8]>

  package init(name: String, arguments: ArraySlice<[UInt8]>) {
    self.name = name
    self.arguments = arguments
  }

  /// A command out of the arguments of another, such as TAG's.
  init?(_ words: ArraySlice<[UInt8]>) {
    guard let first = words.first else { return nil }
    self.init(name: Keyword.text(first), arguments: words.dropFirst())
  }

  /// What a request may be.
  package enum Reading {
    case command(WorkerCommand)
    /// An empty array, which Redis ignores, too.
    case nothing
    /// Not an array of bulk strings: the other side does not speak our protocol.
    case violation(String)
  }

  /// A request as the reader parsed it.
  package static func read(_ request: Reply) -> Reading {
    guard case .array(let elements) = request else {
      return .violation("expected an array of bulk strings, as every Redis client sends, another type came")
    }
    var words: [[UInt8]] = []
    words.reserveCapacity(elements.count)
    for element in elements {
      guard case .bulk(let bytes) = element else {
        return .violation("expected bulk strings in the array, another type came")
      }
      words.append(bytes)
    }
    return WorkerCommand(words[...]).map(Reading.command) ?? .nothing
  }
}

/// Names of commands and keywords, which may be written in any case.
enum Keyword {
  /// Longer words are no keywords.
  static let longest = 32

  /// The word in capitals.
  static func text(_ bytes: [UInt8]) -> String {
    let capitals = bytes.prefix(longest + 1).map { byte in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) ? byte & 0xDF : byte
    }
    return String(decoding: capitals, as: UTF8.self)
  }
}
