public import LimiterCore

/// What is known of a provider: how its own windows count what a call reserved.
///
/// Profiles are data; a policy may correct one per model (`settle:`).
public struct ProviderProfile: Sendable, Hashable {
  /// The provider's name in policies.
  public var name: String
  /// What happens to a reservation in the provider's windows when a call is settled.
  public var windowSettling: SettleRule
  /// Why: what the provider does.
  public var reason: String

  /// The profiles of the providers that are known.
  public static let all: [ProviderProfile] = [
    ProviderProfile(
      name: "openai", windowSettling: .reservation,
      reason: "counts max(max_tokens, estimated input) when the call arrives and gives nothing back"),
    ProviderProfile(
      name: "azure", windowSettling: .reservation,
      reason: "counts input and max_tokens when the call arrives and gives nothing back"),
    ProviderProfile(
      name: "anthropic", windowSettling: .actual,
      reason: "counts what was used; max_tokens does not count"),
    ProviderProfile(
      name: "gemini", windowSettling: .actual, reason: "counts the prompt's tokens"),
    ProviderProfile(
      name: "bedrock", windowSettling: .actual,
      reason: "takes input and max_tokens, and puts back what was not used"),
    ProviderProfile(
      name: "groq", windowSettling: .actual, reason: "counts what was used, without cached input"),
  ]

  /// The profile of a provider; one that is not known settles at what was used.
  public static func named(_ name: String) -> ProviderProfile {
    all.first { $0.name == name }
      ?? ProviderProfile(name: name, windowSettling: .actual, reason: "not known; assumed to count what was used")
  }
}
