/// OpenAI's responses.
enum OpenAIResponses {
  static func answer(_ object: JSONBody) -> ChatAnswer? {
    let parts = object.list("output").filter { $0.text("type") == "message" }.flatMap { $0.list("content") }
    guard !parts.isEmpty || ["incomplete", "completed"].contains(object.text("status")) else { return nil }
    let refused = parts.contains { $0.text("type") == "refusal" }
    return ChatAnswer(
      text: parts.compactMap { $0.text("text") }.joined(),
      finish: refused ? .other("refusal") : finish(object), usage: usage(object["usage"]), id: object.text("id"))
  }

  private static func finish(_ object: JSONBody) -> ChatAnswer.Finish {
    guard object.text("status") == "incomplete" else { return .complete }
    let reason = object["incomplete_details"]?.text("reason")
    return reason == "max_output_tokens" ? .length : .other(reason ?? "incomplete")
  }

  private static func usage(_ usage: JSONBody?) -> TokenUsage? {
    TokenUsage(
      input: usage?.number("input_tokens"), output: usage?.number("output_tokens"),
      cachedInput: usage?["input_tokens_details"]?.number("cached_tokens"))
  }

  static func read(_ event: JSONBody, into state: inout ChatStreamReader.State) -> String? {
    switch event.text("type") {
    case "response.created": state.id = event["response"]?.text("id")
    case "response.output_text.delta": return event.text("delta")
    case "response.refusal.delta": state.finish = .other("refusal")
    case "response.completed", "response.incomplete":
      guard let response = event["response"] else { return nil }
      state.usage = usage(response["usage"]) ?? state.usage
      if state.finish == .complete { state.finish = finish(response) }
      state.isEnded = true
    default: break
    }
    return nil
  }
}
