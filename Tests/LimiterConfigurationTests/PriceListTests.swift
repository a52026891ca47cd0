import LimiterCore
import Testing

@testable import LimiterConfiguration

@Suite("The built-in price list")
struct PriceListTests {
  @Test("prices are nanodollars per million tokens")
  func prices() {
    let list = PriceList.builtIn
    #expect(list.price(of: "gpt-4o") == ModelPrice(input: 2_500_000_000, output: 10_000_000_000))
    #expect(list.price(of: "gpt-4o-mini") == ModelPrice(input: 150_000_000, output: 600_000_000))
    #expect(list.price(of: "claude-sonnet-4-5") == ModelPrice(input: 3_000_000_000, output: 15_000_000_000))
    #expect(list.models["gpt-4o"]?.provider == "openai")
    #expect(list.models["gpt-4o"]?.contextWindow == 128_000)
    #expect(list.models["gpt-4o"]?.longestOutput == 16_384)
    #expect(list.price(of: "gpt-4") == nil || list.price(of: "gpt-4") != list.price(of: "gpt-4o"))
  }

  @Test("every line of the list is read, and every name stands in it once")
  func complete() throws {
    let text = try Files.text("Sources/LimiterConfiguration/prices.txt")
    let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    let names = lines.flatMap { $0.split(separator: " ").dropFirst(5).map(String.init) }
    #expect(names.count > 700)
    #expect(Set(names).count == names.count)
    #expect(Set(PriceList.builtIn.models.keys) == Set(names))
    #expect(PriceList(text: text + "broken line\nopenai x 1 - - bad-price\n").models.count == names.count)
  }

  @Test(
    "a name that is not listed gets near ones",
    arguments: [
      ("gpt-4o-mni", "gpt-4o-mini"), ("gemini-2.5-pro", "gemini/gemini-2.5-pro"),
      ("claude-sonet-4-5", "claude-sonnet-4-5"),
    ])
  func suggestions(name: String, expected: String) {
    let found = PriceList.builtIn.suggestions(for: name)
    #expect(found.contains(expected), "\(found)")
    #expect(found.count <= 3)
  }

  @Test("a name like no other gets none")
  func noSuggestion() {
    #expect(PriceList.builtIn.suggestions(for: "zzzzzzzzzzzzzzzz") == [])
  }
}
