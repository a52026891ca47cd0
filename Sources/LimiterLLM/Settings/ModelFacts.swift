import Foundation
import LimiterConfiguration
import LimiterCore
import Providers

/// What a call needs to know of a model.
struct ModelFacts: Sendable {
  var name: String
  var providerModel: String
  var endpoint: ProviderEndpoint
  var wire: ChatWire
  var baseURL: String
  var key: String
  /// `nil`: unknown, and a budget stops it.
  var price: ModelPrice?
  /// Whether the settings tell the price, which then counts whatever a permit has.
  var isPriceTold = false
  var contextWindow: Int64?
  var longestOutput: Int64?

  /// - Throws: ``LLMError``: `unknownModel`, `noKey`, `invalidEndpoint`.
  init(_ name: String, _ settings: LLMSettings) throws {
    let own = settings.models[name]
    let listed = PriceList.builtIn.models[own?.providerModel ?? name] ?? PriceList.builtIn.models[name]
    guard let provider = own?.provider ?? listed?.provider else { throw LLMError.unknownModel(name) }
    let endpoint = settings.endpoints[provider] ?? .named(provider)
    guard let wire = endpoint.wire else {
      throw LLMError(
        .invalidEndpoint,
        "model `\(name)`: calls of \(provider) are counted, not made; use its own client under a permit")
    }
    let set = settings.environment[endpoint.baseURLVariable].flatMap { $0.isEmpty ? nil : $0 }
    guard let baseURL = set ?? endpoint.baseURL else {
      throw LLMError(
        .invalidEndpoint, "model `\(name)`: expected the base URL of \(provider) in \(endpoint.baseURLVariable)")
    }
    guard Self.isUsable(baseURL) else {
      throw LLMError(
        .invalidEndpoint,
        "\(set == nil ? "the base URL of \(provider)" : endpoint.baseURLVariable): expected a URL that begins with "
          + "https:// or http:// and has a host, got \(Self.shown(baseURL).debugDescription)")
    }
    let keys = endpoint.keyVariables.compactMap { settings.environment[$0] }
    guard let key = keys.first(where: { !$0.isEmpty }) else {
      throw LLMError(
        .noKey, "model `\(name)`: expected a key of \(provider) in \(endpoint.keyVariables.joined(separator: " or "))")
    }
    // A key with a line break would be headers of somebody's choice.
    guard key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
      throw LLMError(.noKey, "the key of \(provider) has characters that no key has: blanks, or a line break")
    }
    self.name = name
    providerModel = own?.providerModel ?? name
    self.endpoint = endpoint
    self.wire = wire
    self.baseURL = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
    self.key = key
    if let input = own?.inputPrice, let output = own?.outputPrice {
      price = ModelPrice(input: input, output: output)
      isPriceTold = true
    } else {
      price = listed?.price
    }
    contextWindow = own?.contextWindow ?? listed?.contextWindow
    longestOutput = own?.longestOutput ?? listed?.longestOutput
  }

  /// Whether requests can be made of it: a URL of HTTP with a host and, where it names one, a port that there is.
  private static func isUsable(_ baseURL: String) -> Bool {
    guard let url = URL(string: baseURL), let scheme = url.scheme, let host = url.host else { return false }
    return ["http", "https"].contains(scheme.lowercased()) && !host.isEmpty
      && (1...65_535).contains(url.port ?? 443)
  }

  /// Where it is asked, for people: without a user and a password.
  var place: String { "\(endpoint.provider) at \(Self.shown(baseURL))" }

  /// The text as it may be shown: without what is before an `@`, which may be a user and a password.
  private static func shown(_ baseURL: String) -> String {
    guard let at = baseURL.utf8.lastIndex(of: UInt8(ascii: "@")) else { return baseURL }
    let start = baseURL.utf8[..<at].firstRange(of: "://".utf8)?.upperBound ?? baseURL.startIndex
    return String(baseURL[..<start]) + "..." + String(baseURL[at...])
  }

  /// Whether its provider's limits count what is read from the cache. What speaks as Anthropic does, under whatever name, counts as Anthropic does.
  var countsCachedInput: Bool {
    ProviderProfile.named(wire == .anthropicMessages ? "anthropic" : endpoint.provider).countsCachedInput
  }

  /// What tokens cost, in nanodollars; `nil`: the price is unknown.
  func cost(_ usage: TokenUsage) -> Int64? {
    price?.cost(inputTokens: usage.input, outputTokens: usage.output)
  }
}
