public import LimiterCore

/// What is known of a provider: how its own windows count a call.
///
/// Profiles are data; a policy may correct one per model (`settle:`, `count:`).
public struct ProviderProfile: Sendable, Hashable {
  /// The provider's name in policies.
  public var name: String
  /// What happens to a reservation in the provider's windows when a call is settled.
  public var windowSettling: SettleRule
  /// How its limits of tokens count a call.
  public var counting: TokenCounting
  /// Whether they count input that it reads from its cache. Its bill does, everywhere.
  public var countsCachedInput: Bool
  /// Why: what the provider does.
  public var reason: String

  /// The profiles of the providers that are known.
  public static let all: [ProviderProfile] = [
    ProviderProfile(
      name: "openai", windowSettling: .reservation, counting: .max, countsCachedInput: true,
      reason: "counts max(max_tokens, estimated input) when the call arrives and gives nothing back"),
    ProviderProfile(
      name: "azure", windowSettling: .reservation, counting: .sum, countsCachedInput: true,
      reason: "counts input and max_tokens when the call arrives and gives nothing back"),
    ProviderProfile(
      name: "anthropic", windowSettling: .actual, counting: .sum, countsCachedInput: false,
      reason: "counts what was used, without cached input; max_tokens does not count"),
    ProviderProfile(
      name: "gemini", windowSettling: .actual, counting: .input, countsCachedInput: true,
      reason: "counts the prompt's tokens"),
    ProviderProfile(
      name: "bedrock", windowSettling: .actual, counting: .sum, countsCachedInput: false,
      reason: "takes input and max_tokens, and puts back what was not used; cached input does not count"),
    ProviderProfile(
      name: "groq", windowSettling: .actual, counting: .sum, countsCachedInput: false,
      reason: "counts what was used, without cached input"),
  ]

  /// The profile of a provider; one that is not known settles at what was used.
  public static func named(_ name: String) -> ProviderProfile {
    all.first { $0.name == name }
      ?? ProviderProfile(
        name: name, windowSettling: .actual, counting: .sum, countsCachedInput: true,
        reason: "not known; assumed to count what was used")
  }
}
