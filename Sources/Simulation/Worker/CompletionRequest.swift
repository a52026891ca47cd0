/// The body of `POST /v1/chat/completions`.
///
/// A real provider counts the tokens of `messages` and decides itself how much it writes. The simulated one is told both, so that
/// a trace can be replayed: `input_tokens` and `output_tokens` are the true counts of this call. `granted_at_us` is optional: when the
/// limiter decided, in microseconds since 1970; it decides nothing here, and shows in the report how long calls are on their way.
struct CompletionRequest: Codable {
  var model: String
  var messages: [Message]?
  var inputTokens: Int64
  var outputTokens: Int64
  var grantedAt: Int64?

  struct Message: Codable {
    var role: String
    var content: String
  }

  enum CodingKeys: String, CodingKey {
    case model, messages
    case inputTokens = "input_tokens"
    case outputTokens = "output_tokens"
    case grantedAt = "granted_at_us"
  }
}
