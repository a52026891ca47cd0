import Foundation

/// The shapes in which the simulated provider is asked and answers: written from the providers' references, apart from the client's code.
enum ProviderDialect: Sendable, CaseIterable {
  case openAIChat
  case openAIResponses
  case anthropic

  var path: String {
    switch self {
    case .openAIChat: "/v1/chat/completions"
    case .openAIResponses: "/v1/responses"
    case .anthropic: "/v1/messages"
    }
  }

  func answer(_ call: ProviderCall, number: Int, text: String, usage: [String: Int64]?) -> [String: Any] {
    var answer: [String: Any] = ["model": call.model]
    answer["usage"] = usage
    switch self {
    case .openAIChat:
      answer["id"] = "chatcmpl-\(number)"
      answer["object"] = "chat.completion"
      answer["created"] = Int(Date().timeIntervalSince1970)
      answer["choices"] = [
        [
          "index": 0, "message": ["role": "assistant", "content": text],
          "finish_reason": call.isCut ? "length" : "stop",
        ]
      ]
    case .openAIResponses:
      answer["id"] = "resp_\(number)"
      answer["object"] = "response"
      answer["status"] = call.isCut ? "incomplete" : "completed"
      if call.isCut { answer["incomplete_details"] = ["reason": "max_output_tokens"] }
      answer["output"] = [
        ["type": "message", "role": "assistant", "content": [["type": "output_text", "text": text]]]
      ]
    case .anthropic:
      answer["id"] = "msg_\(number)"
      answer["type"] = "message"
      answer["role"] = "assistant"
      answer["content"] = [["type": "text", "text": text]]
      answer["stop_reason"] = call.isCut ? "max_tokens" : "end_turn"
    }
    return answer
  }

  func usage(input: Int64, output: Int64) -> [String: Int64] {
    switch self {
    case .openAIChat: ["prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output]
    case .openAIResponses: ["input_tokens": input, "output_tokens": output, "total_tokens": input + output]
    case .anthropic: ["input_tokens": input, "output_tokens": output]
    }
  }

  /// The events of a stream: before the text, for a piece of it, after it.
  func start(_ call: ProviderCall, number: Int) -> [String] {
    switch self {
    case .openAIChat:
      [Self.event(nil, chunk(call, number, ["delta": ["role": "assistant", "content": ""]]))]
    case .openAIResponses:
      [Self.event("response.created", ["type": "response.created", "response": ["id": "resp_\(number)"]])]
    case .anthropic:
      [
        Self.event(
          "message_start",
          [
            "type": "message_start",
            "message": [
              "id": "msg_\(number)", "type": "message", "role": "assistant", "model": call.model, "content": [Any](),
              "usage": ["input_tokens": call.inputTokens, "output_tokens": 1],
            ],
          ]),
        Self.event("ping", ["type": "ping"]),
      ]
    }
  }

  func piece(_ call: ProviderCall, number: Int, _ text: String) -> String {
    switch self {
    case .openAIChat: Self.event(nil, chunk(call, number, ["delta": ["content": text]]))
    case .openAIResponses:
      Self.event("response.output_text.delta", ["type": "response.output_text.delta", "delta": text])
    case .anthropic:
      Self.event(
        "content_block_delta",
        ["type": "content_block_delta", "index": 0, "delta": ["type": "text_delta", "text": text]])
    }
  }

  func end(_ call: ProviderCall, number: Int, usage: [String: Int64]?) -> [String] {
    switch self {
    case .openAIChat:
      var events = [
        Self.event(
          nil, chunk(call, number, ["delta": [String: Any](), "finish_reason": call.isCut ? "length" : "stop"]))
      ]
      if call.includesUsage, let usage {
        events.append(
          Self.event(nil, ["id": "chatcmpl-\(number)", "model": call.model, "choices": [Any](), "usage": usage]))
      }
      return events + ["data: [DONE]\n\n"]
    case .openAIResponses:
      var response: [String: Any] = ["id": "resp_\(number)", "status": call.isCut ? "incomplete" : "completed"]
      if call.isCut { response["incomplete_details"] = ["reason": "max_output_tokens"] }
      response["usage"] = usage
      let type = call.isCut ? "response.incomplete" : "response.completed"
      return [Self.event(type, ["type": type, "response": response])]
    case .anthropic:
      var delta: [String: Any] = [
        "type": "message_delta", "delta": ["stop_reason": call.isCut ? "max_tokens" : "end_turn"],
      ]
      if let output = usage?["output_tokens"] { delta["usage"] = ["output_tokens": output] }
      return [Self.event("message_delta", delta), Self.event("message_stop", ["type": "message_stop"])]
    }
  }

  func error(type: String, code: String?, message: String) -> [String: Any] {
    switch self {
    case .openAIChat, .openAIResponses:
      ["error": ["message": message, "type": type, "param": NSNull(), "code": code as Any? ?? NSNull()]]
    case .anthropic: ["type": "error", "error": ["type": code ?? type, "message": message]]
    }
  }

  private func chunk(_ call: ProviderCall, _ number: Int, _ choice: [String: Any]) -> [String: Any] {
    [
      "id": "chatcmpl-\(number)", "object": "chat.completion.chunk", "model": call.model,
      "choices": [choice.merging(["index": 0]) { $1 }],
    ]
  }

  private static func event(_ name: String?, _ object: [String: Any]) -> String {
    let data = (try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])) ?? Data()
    return (name.map { "event: \($0)\n" } ?? "") + "data: \(String(decoding: data, as: UTF8.self))\n\n"
  }
}
