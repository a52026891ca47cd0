/// Anthropic's messages.
enum AnthropicMessages {
  static func answer(_ object: JSONBody) -> ChatAnswer? {
    guard object.text("type") == "message" else { return nil }
    let text = object.list("content").filter { $0.text("type") == "text" }.compactMap { $0.text("text") }.joined()
    return ChatAnswer(
      text: text, finish: finish(object.text("stop_reason")), usage: Counts(object["usage"]).usage,
      id: object.text("id"))
  }

  private static func finish(_ word: String?) -> ChatAnswer.Finish {
    switch word {
    case nil, "end_turn", "stop_sequence": .complete
    case "max_tokens": .length
    case let word?: .other(word)
    }
  }

  static func read(_ event: JSONBody, into state: inout ChatStreamReader.State) -> String? {
    switch event.text("type") {
    case "message_start":
      state.id = event["message"]?.text("id")
      state.counts = Counts(event["message"]?["usage"])
      state.usage = state.counts.usage
    case "content_block_delta": return event["delta"]?.text("text")
    case "message_delta":
      state.finish = finish(event["delta"]?.text("stop_reason"))
      // The output's count is the sum so far.
      state.counts.merge(Counts(event["usage"]))
      state.usage = state.counts.usage
    case "message_stop": state.isEnded = true
    default: break
    }
    return nil
  }

  /// Anthropic counts what it reads from its cache, and what it writes there, apart.
  struct Counts {
    var input: Int64?
    var output: Int64?
    var written: Int64?
    var read: Int64?

    init() {}

    init(_ usage: JSONBody?) {
      input = usage?.number("input_tokens")
      output = usage?.number("output_tokens")
      written = usage?.number("cache_creation_input_tokens")
      read = usage?.number("cache_read_input_tokens")
    }

    mutating func merge(_ later: Counts) {
      input = later.input ?? input
      output = later.output ?? output
      written = later.written ?? written
      read = later.read ?? read
    }

    var usage: TokenUsage? {
      guard let input, (0...TokenUsage.most).contains(input) else { return nil }
      let (written, read) = (clamp(written), clamp(read))
      return TokenUsage(input: input + written + read, output: output, cachedInput: read)
    }

    private func clamp(_ count: Int64?) -> Int64 { min(max(count ?? 0, 0), TokenUsage.most) }
  }
}
