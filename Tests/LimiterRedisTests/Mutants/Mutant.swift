@testable import LimiterRedis

/// A small mistake in a script, as somebody could make it.
struct Mutant: Sendable {
  /// What the mistake is.
  var name: String
  /// The script, without `.lua`.
  var file: String
  /// Stands exactly once in the script; a mutant whose text is gone is an error, not a success.
  var find: String
  var replacement: String
  /// What would happen to users.
  var why: String
  /// What sequences that meet it are about.
  var family: MutantJudge.Family

  init(
    _ name: String, _ file: String, _ find: String, _ replacement: String, _ why: String,
    family: MutantJudge.Family? = nil
  ) {
    self.family = family ?? MutantJudge.Family(file: file)
    self.name = name
    self.file = file
    self.find = find
    self.replacement = replacement
    self.why = why
  }

  /// All of them.
  static let all =
    admission + operations + windows + settlement + adoption + queue + cooldowns + fleet + observation
    + announcement

  /// How often the text stands in the script as it is.
  var occurrences: Int {
    var count = 0
    _ = LimiterScripts { file, text in
      if file == self.file { count += text.split(separator: find, omittingEmptySubsequences: false).count - 1 }
      return text
    }
    return count
  }

  func apply(_ file: String, _ text: String) -> String {
    file == self.file ? text.replacing(find, with: replacement) : text
  }
}
