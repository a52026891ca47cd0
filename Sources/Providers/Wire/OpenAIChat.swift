/// OpenAI's chat completions.
enum OpenAIChat {
  static func answer(_ object: JSONBody) -> ChatAnswer? {
    guard let choice = object.list("choices").first, let message = choice["message"] else { return nil }
    let finish = isRefusal(message) ? .other("refusal") : finish(choice.text("finish_reason"))
    return ChatAnswer(
      text: message.text("content") ?? "", finish: finish, usage: usage(object["usage"]), id: object.text("id"))
  }

  static func finish(_ word: String?) -> ChatAnswer.Finish {
    switch word {
    case nil, "stop": .complete
    case "length": .length
    case let word?: .other(word)
    }
  }

  /// Gateways have the field always: an empty text is no refusal.
  private static func isRefusal(_ message: JSONBody?) -> Bool { message?.text("refusal").map { !$0.isEmpty } ?? false }

  static func usage(_ usage: JSONBody?) -> TokenUsage? {
    let told = TokenUsage(
      input: usage?.number("prompt_tokens"), output: usage?.number("completion_tokens"),
      cachedInput: usage?["prompt_tokens_details"]?.number("cached_tokens"))
    // Some, xAI among them, count what the model thinks in the total alone.
    guard var told, let total = usage?.number("total_tokens"), (0...TokenUsage.most).contains(total) else {
      return told
    }
    told.output = max(told.output, total - told.input)
    return told
  }

  static func read(_ event: JSONBody, into state: inout ChatStreamReader.State) -> String? {
    if let id = event.text("id") { state.id = id }
    // The last event has usage and no choice.
    if let usage = usage(event["usage"]) { state.usage = usage }
    guard let choice = event.list("choices").first else { return nil }
    if let word = choice.text("finish_reason") {
      // A refusal ends with `stop`, too.
      if state.finish != .other("refusal") { state.finish = finish(word) }
      state.isEnded = true
    }
    if isRefusal(choice["delta"]) { state.finish = .other("refusal") }
    return choice["delta"]?.text("content")
  }
}
