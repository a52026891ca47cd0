/// Which lists of an answer are names and values. A reply does not say it, and what stands in a list must not decide it: a session may be called as a
/// name is.
indirect enum AnswerShape: Sendable {
  /// As it is: a list is a list.
  case plain
  /// Names and values; values are plain, but those behind these names.
  case fields([String: AnswerShape] = [:])
  /// A list of such.
  case list(AnswerShape)

  /// A list of names and plain values each.
  static let records = AnswerShape.list(.fields())
}
