/// What a worker of the simulation asks the provider: a chat completion, and beside it what is known of it from the trace, see ``ProviderCall``.
struct CompletionRequest: Codable {
  var model: String
  var messages: [Message]?
  var inputTokens: Int64
  var outputTokens: Int64
  var grantedAt: Int64?
  var user: String?

  struct Message: Codable {
    var role: String
    var content: String
  }

  enum CodingKeys: String, CodingKey {
    case model, messages, user
    case inputTokens = "input_tokens"
    case outputTokens = "output_tokens"
    case grantedAt = "granted_at_us"
  }
}
