import Testing

@testable import LimiterConfiguration

@Suite("The nearest known word")
struct NearestTests {
  @Test(
    "a typo finds its word",
    arguments: [
      ("requsts", "requests"), ("reqeusts", "requests"), ("Tokens", "tokens"), ("token", "tokens"),
      ("time-zone", "time_zone"), ("headrom", "headroom"),
    ])
  func typo(word: String, expected: String) {
    #expect(Nearest.match(word, among: ["requests", "tokens", "time_zone", "headroom"]) == expected)
  }

  @Test("another word finds nothing", arguments: ["burst", "", "x", String(repeating: "tokens", count: 20)])
  func other(word: String) {
    #expect(Nearest.match(word, among: ["requests", "tokens"]) == nil)
  }

  @Test("a swap of neighbours is one edit")
  func swap() {
    #expect(Nearest.distance("ab", "ba", bound: 1) == 1)
    #expect(Nearest.distance("kitten", "sitting", bound: 3) == 3)
    #expect(Nearest.distance("kitten", "sitting", bound: 2) == nil)
  }
}
