import Resilience

/// How a provider is asked and answers: the shape of its bodies.
public enum ChatWire: String, Sendable, Hashable, CaseIterable {
  /// OpenAI's chat completions, which Azure, Groq, Gemini and many servers of open models speak too.
  case openAIChat = "openai-chat"
  /// OpenAI's responses.
  case openAIResponses = "openai-responses"
  /// Anthropic's messages.
  case anthropicMessages = "anthropic-messages"

  /// The path behind a base URL.
  public var path: String {
    switch self {
    case .openAIChat: "/chat/completions"
    case .openAIResponses: "/responses"
    case .anthropicMessages: "/messages"
    }
  }

  /// The body of a request, as JSON.
  ///
  /// - Throws: a `CallFailure` of the class `callerError` when there is nothing to ask, or a number is none.
  public func body(_ request: ChatRequest, model: String, isStream: Bool) throws -> [UInt8] {
    try JSONBody.encode(body(of: request, model, isStream))
  }

  private func body(of request: ChatRequest, _ model: String, _ isStream: Bool) throws -> [String: Any] {
    guard request.messages.contains(where: { $0.role != .system }) else {
      throw CallFailure(.callerError, message: "expected a message that is no system message, got none")
    }
    if let maximum = request.maximumOutputTokens, maximum < 1 {
      throw CallFailure(.callerError, message: "expected at least 1 output token, got \(maximum)")
    }
    if let temperature = request.temperature, !(temperature >= 0 && temperature <= 2) {
      throw CallFailure(.callerError, message: "expected a temperature from 0 to 2, got \(temperature)")
    }
    var body: [String: Any] = ["model": model]
    body["temperature"] = request.temperature
    if isStream { body["stream"] = true }
    switch self {
    case .openAIChat:
      body["messages"] = request.messages.map(Self.message)
      body["max_completion_tokens"] = request.maximumOutputTokens
      if !request.stop.isEmpty { body["stop"] = request.stop }
      // Without it, a stream tells no usage.
      if isStream { body["stream_options"] = ["include_usage": true] }
    case .openAIResponses:
      body["input"] = request.messages.map(Self.message)
      body["max_output_tokens"] = request.maximumOutputTokens
      body["store"] = false
    case .anthropicMessages:
      let system = request.messages.filter { $0.role == .system }.map(\.text).joined(separator: "\n\n")
      if !system.isEmpty { body["system"] = system }
      body["messages"] = request.messages.filter { $0.role != .system }.map(Self.message)
      // Anthropic wants a bound.
      body["max_tokens"] = request.maximumOutputTokens ?? defaultMaximumOutput
      if !request.stop.isEmpty { body["stop_sequences"] = request.stop }
    }
    return body
  }

  /// The bound of an answer that is sent where none is asked for; `nil`: none is sent, and the model's own holds.
  public var defaultMaximumOutput: Int64? { self == .anthropicMessages ? 4_096 : nil }

  private static func message(_ message: ChatRequest.Message) -> [String: Any] {
    ["role": message.role.rawValue, "content": message.text]
  }

  /// What a whole answer of status 200 says.
  ///
  /// - Throws: a `CallFailure`: `contentPolicy` when the model would not answer, `transient` when it is no such answer.
  public func answer(_ body: [UInt8]) throws -> ChatAnswer {
    guard let object = JSONBody(body) else {
      throw CallFailure(.transient, message: "expected JSON as an answer, got \(body.count) bytes that are none")
    }
    if let failure = Self.failure(object, body) { throw failure }
    let answer: ChatAnswer? =
      switch self {
      case .openAIChat: OpenAIChat.answer(object)
      case .openAIResponses: OpenAIResponses.answer(object)
      case .anthropicMessages: AnthropicMessages.answer(object)
      }
    guard let answer else {
      throw CallFailure(.transient, message: "expected an answer in the form \(rawValue), got another JSON")
    }
    if case .other(let word) = answer.finish, Self.refusals.contains(word) {
      throw Refusal(usage: answer.usage).failure
    }
    return answer
  }

  /// The failure that an answer of status 200, or an event of a stream, tells of: the same for both.
  static func failure(_ object: JSONBody, _ bytes: [UInt8]) -> CallFailure? {
    if let failure = ErrorClassifier.failure(status: 200, body: bytes) { return failure }
    let isFailed = ["error", "response.failed"].contains(object.text("type")) || object.text("status") == "failed"
    guard isFailed || object["error"] != nil else { return nil }
    return CallFailure(.transient, status: 200, message: "the provider answered with an error")
  }

  /// Words with which a provider says that its filter or its model refused.
  static let refusals: Set<String> = ["content_filter", "refusal"]
}

/// The model or its filter would not answer, which costs what it has used.
public struct Refusal: Error, Sendable {
  /// What it used; `nil`: unknown.
  public var usage: TokenUsage?

  var failure: CallFailure {
    CallFailure(.contentPolicy, status: 200, message: "the provider's filter or the model refused", cause: self)
  }
}
