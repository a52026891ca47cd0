package import LimiterConfiguration
package import LimiterCore

/// The model that is called, and its price in nanodollars per million tokens.
package struct SimulatedModel: Codable, Sendable, Hashable {
  package var name: String
  package var inputPrice: Int64
  package var outputPrice: Int64

  package var price: ModelPrice { ModelPrice(input: inputPrice, output: outputPrice) }

  /// - Throws: when the list has no such model; the message names the nearest ones.
  package init(name: String, prices: PriceList = .builtIn) throws(SimulationError) {
    guard let price = prices.price(of: name) else {
      let near = prices.suggestions(for: name)
      let advice = near.isEmpty ? "try gpt-4o" : "did you mean \(near.joined(separator: ", "))?"
      throw SimulationError(
        .configuration, "model \"\(Excerpt.of(name))\": expected a model of the price list, found none; \(advice)")
    }
    self.name = name
    inputPrice = price.input
    outputPrice = price.output
  }

  /// What a call costs, in nanodollars.
  package func cost(input: Int64, output: Int64) -> Int64 {
    price.cost(inputTokens: input, outputTokens: output) ?? LimiterBounds.amount
  }
}
