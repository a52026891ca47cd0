/// The known word that a typo most probably meant.
enum Nearest {
  /// The nearest of `candidates` within a third of the word's length (at least one edit), or `nil`.
  static func match(_ word: String, among candidates: some Sequence<String>) -> String? {
    let lowered = word.lowercased()
    let bound = max(1, min(lowered.utf8.count, longest) / 3)
    var best: (distance: Int, candidate: String)?
    for candidate in candidates {
      let distance = distance(lowered, candidate.lowercased(), bound: best.map { $0.distance - 1 } ?? bound)
      guard let distance else { continue }
      best = (distance, candidate)
      if distance == 0 { break }
    }
    return best?.candidate
  }

  /// Insertions, deletions, replacements and swaps of neighbours between two words, if at most `bound`.
  ///
  /// The optimal string alignment distance; cost: the product of the lengths, for words of at most 64 bytes.
  static func distance(_ left: String, _ right: String, bound: Int) -> Int? {
    let first = Array(left.utf8.prefix(longest + 1))
    let second = Array(right.utf8.prefix(longest + 1))
    guard bound >= 0, first.count <= longest, second.count <= longest, abs(first.count - second.count) <= bound else {
      return nil
    }
    guard !first.isEmpty, !second.isEmpty else { return max(first.count, second.count) }
    var beforeLast: [Int] = []
    var last = Array(0...second.count)
    for row in 1...first.count {
      var current = [row] + [Int](repeating: 0, count: second.count)
      for column in 1...second.count {
        let replaced = last[column - 1] + (first[row - 1] == second[column - 1] ? 0 : 1)
        current[column] = min(replaced, last[column] + 1, current[column - 1] + 1)
        if row > 1, column > 1, first[row - 1] == second[column - 2], first[row - 2] == second[column - 1] {
          current[column] = min(current[column], beforeLast[column - 2] + 1)
        }
      }
      (beforeLast, last) = (last, current)
    }
    return last[second.count] <= bound ? last[second.count] : nil
  }

  private static let longest = 64
}
