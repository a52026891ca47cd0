/// One decided call in the log of `limiterd provider --log`: a line of JSON.
package struct ProviderLogLine: Codable, Sendable {
  /// When it came, in microseconds since 1970.
  package var atMicroseconds: Int64
  package var model: String
  /// What the call says of who made it: `user`, or Anthropic's `metadata.user_id`.
  package var user: String?
  package var inputTokens: Int64
  package var outputTokens: Int64
  /// False: it was answered with 429.
  package var isAccepted: Bool

  package init(
    atMicroseconds: Int64, model: String, user: String?, inputTokens: Int64, outputTokens: Int64, isAccepted: Bool
  ) {
    self.atMicroseconds = atMicroseconds
    self.model = model
    self.user = user
    self.inputTokens = inputTokens
    self.outputTokens = outputTokens
    self.isAccepted = isAccepted
  }

  package enum CodingKeys: String, CodingKey {
    case model, user
    case atMicroseconds = "at_us"
    case inputTokens = "input_tokens"
    case outputTokens = "output_tokens"
    case isAccepted = "accepted"
  }
}
