/// One write of the history.
struct Command {
  /// In upper case.
  var name: String
  var arguments: [[UInt8]]

  init(_ words: [[UInt8]]) {
    name = String(decoding: words.first ?? [], as: UTF8.self).uppercased()
    arguments = Array(words.dropFirst())
  }

  func text(_ index: Int) -> String? {
    arguments.indices.contains(index) ? String(decoding: arguments[index], as: UTF8.self) : nil
  }

  func integer(_ index: Int) -> Int64? {
    text(index).flatMap { Int64($0) }
  }
}
