import Foundation

/// `docs/limiterd.acl` as the tests read it.
enum AccessControlFile {
  struct User: Sendable {
    var name: String
    var password: String
    /// `get`, `client|setname`
    var commands: Set<String>
    var keys: [String]
    var words: [String]
  }

  static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  static var lines: [String] {
    get throws {
      try String(contentsOf: repository.appending(path: "docs/limiterd.acl"), encoding: .utf8)
        .split(separator: "\n").map(String.init)
    }
  }

  /// The user of limiterd: the one that may run commands.
  static var user: User {
    get throws {
      for line in try lines {
        let words = line.split(separator: " ").map(String.init)
        guard words.count > 2, words[0] == "user", words[1] == "limiterd" else { continue }
        return User(
          name: words[1], password: words.first { $0.hasPrefix(">") }.map { String($0.dropFirst()) } ?? "",
          commands: Set(words.filter { $0.hasPrefix("+") }.map { String($0.dropFirst()) }),
          keys: words.filter { $0.hasPrefix("~") }.map { String($0.dropFirst()) }, words: words)
      }
      throw CocoaError(.fileReadCorruptFile)
    }
  }
}
