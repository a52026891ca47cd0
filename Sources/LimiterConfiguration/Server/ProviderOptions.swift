/// Where a provider is and how it is asked: an entry of the key `providers` of the policy's file.
public struct ProviderOptions: Sendable, Hashable {
  /// The shapes of requests that are known.
  public static let wires = ["openai-chat", "openai-responses", "anthropic-messages"]

  /// The URL up to the path of a request; `nil`: the provider's own, or that of the environment.
  public var baseURL: String?
  /// The environment variable of the key; `nil`: the provider's usual one.
  public var keyVariable: String?
  /// One of ``wires``; `nil`: the provider's own.
  public var wire: String?

  /// A provider.
  public init(baseURL: String? = nil, keyVariable: String? = nil, wire: String? = nil) {
    self.baseURL = baseURL
    self.keyVariable = keyVariable
    self.wire = wire
  }
}
