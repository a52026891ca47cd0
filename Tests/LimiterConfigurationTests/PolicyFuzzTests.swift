import LimiterConfiguration
import SeededRandom
import Testing

@Suite("Random damage to a policy")
struct PolicyFuzzTests {
  private static let pieces: [Unicode.Scalar] = Array(
    "{}[]:,-?&*!|>'\"%@`#\n\t \\~\r0159.aumsd/_$<=\u{FEFF}\u{85}\u{2028}\u{E000}é😀".unicodeScalars)

  @Test("a damaged file is a policy or an error with places inside of it, never a crash")
  func damage() throws {
    let example = Array(try Files.text("docs/limiterd.example.yaml").unicodeScalars)
    let first = UInt64.random(in: 0...UInt64.max)
    for seed in (0..<300).map({ first &+ $0 }) {
      var random = SeededGenerator(seed: seed)
      let text = Self.damaged(example, &random)
      let lines = text.unicodeScalars.count { "\n\r\u{85}\u{2028}\u{2029}".unicodeScalars.contains($0) } + 1
      do throws(PolicyError) {
        _ = try PolicyFile.parse(text, name: "damaged")
      } catch {
        try #require(!error.problems.isEmpty, "seed \(seed)")
        try #require(error.problems.allSatisfy { (1...lines).contains($0.line ?? 1) }, "seed \(seed): \(error)")
        try #require(!error.description.contains("cannot be parsed"), "seed \(seed): \(error)")
      }
    }
  }

  private static func damaged(_ text: [Unicode.Scalar], _ random: inout SeededGenerator) -> String {
    var text = text
    for _ in 0..<Int.random(in: 1...8, using: &random) {
      let place = Int.random(in: 0..<text.count, using: &random)
      let end = min(text.count, place + Int.random(in: 1...40, using: &random))
      let piece = pieces[Int.random(in: 0..<pieces.count, using: &random)]
      switch Int.random(in: 0..<4, using: &random) {
      case 0: text[place] = piece
      case 1: text.insert(piece, at: place)
      case 2: text.removeSubrange(place..<end)
      default: text.insert(contentsOf: Array(text[place..<end]), at: Int.random(in: 0..<text.count, using: &random))
      }
    }
    return String(String.UnicodeScalarView(text))
  }
}
