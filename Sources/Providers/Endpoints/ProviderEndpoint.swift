/// Where a provider is and how it is asked: data, so that a user can correct it.
public struct ProviderEndpoint: Sendable, Hashable {
  /// How the key is sent.
  public enum Authentication: Sendable, Hashable {
    /// `authorization: Bearer <key>`
    case bearer
    /// A header of its own.
    case header(String)
  }

  /// The provider's name, as the policy has it.
  public var provider: String
  /// Up to the path of ``ChatWire/path``, without a slash at its end; `nil`: it must be configured, as with Azure.
  public var baseURL: String?
  /// The environment variable of the base URL.
  public var baseURLVariable: String
  /// The environment variables of the key, the first that is set counts.
  public var keyVariables: [String]
  /// How the key is sent.
  public var authentication: Authentication
  /// Headers that every request has.
  public var headers: [String: String]
  /// The shape of requests and answers; `nil`: calls are not made, only counted.
  public var wire: ChatWire?

  /// An endpoint; see the properties.
  public init(
    provider: String, baseURL: String?, baseURLVariable: String, keyVariables: [String],
    authentication: Authentication = .bearer, headers: [String: String] = [:], wire: ChatWire?
  ) {
    self.provider = provider
    self.baseURL = baseURL
    self.baseURLVariable = baseURLVariable
    self.keyVariables = keyVariables
    self.authentication = authentication
    self.headers = headers
    self.wire = wire
  }

  /// Those that are known. Bedrock wants signed requests and is counted only.
  public static let all: [ProviderEndpoint] = [
    ProviderEndpoint(
      provider: "openai", baseURL: "https://api.openai.com/v1", baseURLVariable: "OPENAI_BASE_URL",
      keyVariables: ["OPENAI_API_KEY"], wire: .openAIChat),
    ProviderEndpoint(
      provider: "anthropic", baseURL: "https://api.anthropic.com/v1", baseURLVariable: "ANTHROPIC_BASE_URL",
      keyVariables: ["ANTHROPIC_API_KEY"], authentication: .header("x-api-key"),
      headers: ["anthropic-version": "2023-06-01"], wire: .anthropicMessages),
    ProviderEndpoint(
      provider: "azure", baseURL: nil, baseURLVariable: "AZURE_OPENAI_BASE_URL",
      keyVariables: ["AZURE_OPENAI_API_KEY"], authentication: .header("api-key"), wire: .openAIChat),
    ProviderEndpoint(
      provider: "gemini", baseURL: "https://generativelanguage.googleapis.com/v1beta/openai",
      baseURLVariable: "GEMINI_BASE_URL", keyVariables: ["GEMINI_API_KEY", "GOOGLE_API_KEY"], wire: .openAIChat),
    ProviderEndpoint(
      provider: "groq", baseURL: "https://api.groq.com/openai/v1", baseURLVariable: "GROQ_BASE_URL",
      keyVariables: ["GROQ_API_KEY"], wire: .openAIChat),
    ProviderEndpoint(
      provider: "bedrock", baseURL: nil, baseURLVariable: "BEDROCK_BASE_URL", keyVariables: [], wire: nil),
  ]

  /// The endpoint of a provider; of one that is not known, one that speaks as OpenAI does and must be told where it is.
  public static func named(_ provider: String) -> ProviderEndpoint {
    if let known = all.first(where: { $0.provider == provider }) { return known }
    let name = String(provider.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    return ProviderEndpoint(
      provider: provider, baseURL: nil, baseURLVariable: "\(name)_BASE_URL", keyVariables: ["\(name)_API_KEY"],
      wire: .openAIChat)
  }

  /// The headers with which a key is sent.
  public func headers(key: String) -> [(name: String, value: String)] {
    let authorization: (name: String, value: String) =
      switch authentication {
      case .bearer: ("authorization", "Bearer \(key)")
      case .header(let name): (name, key)
      }
    return headers.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) } + [authorization]
  }
}
