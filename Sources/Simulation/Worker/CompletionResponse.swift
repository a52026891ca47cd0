/// What a chat completion answers, as far as a client of limits needs it.
struct CompletionResponse: Codable {
  struct Choice: Codable {
    var index: Int
    var message: CompletionRequest.Message
    var finishReason: String

    enum CodingKeys: String, CodingKey {
      case index, message
      case finishReason = "finish_reason"
    }
  }

  struct Usage: Codable {
    var promptTokens: Int64
    var completionTokens: Int64
    var totalTokens: Int64

    enum CodingKeys: String, CodingKey {
      case promptTokens = "prompt_tokens"
      case completionTokens = "completion_tokens"
      case totalTokens = "total_tokens"
    }
  }

  var id: String
  var object = "chat.completion"
  var created: Int64
  var model: String
  var choices: [Choice]
  var usage: Usage
}
