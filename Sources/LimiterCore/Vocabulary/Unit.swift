/// What a limit counts.
///
/// Amounts are integers in every decision; money is counted in nanodollars (1 USD = 1,000,000,000).
public enum Unit: String, Sendable, Hashable, CaseIterable, Codable {
  case requests
  case tokens
  case inputTokens = "input_tokens"
  case outputTokens = "output_tokens"
  case nanodollars
}
