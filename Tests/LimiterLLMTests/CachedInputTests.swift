import LimiterLLM
import Providers
import Testing

/// What a provider reads from its cache: everywhere on its bill, but not in everybody's limits.
@Suite struct CachedInputTests {
  private static let chat =
    #"{"id": "c", "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}], "#
    + #""usage": {"prompt_tokens": 100, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 60}}}"#
  private static let messages =
    #"{"type": "message", "id": "m", "role": "assistant", "content": [{"type": "text", "text": "hi"}], "#
    + #""stop_reason": "end_turn", "usage": {"input_tokens": 40, "cache_read_input_tokens": 60, "output_tokens": 7}}"#

  @Test(arguments: [("openai", 107), ("mine", 107), ("groq", 47), ("anthropic", 47)])
  func `it counts in the limits of those that count it, and costs everywhere`(
    _ provider: String, _ counted: Int64
  ) async throws {
    let policy = """
      headroom: 1.0
      models:
        m: {provider: \(provider), settle: actual, count: sum, price: {input: "1", output: "1"}, limits: {tokens: 100000/1h}}
      limits: {run-budget: {per: run, budget: 1.00 USD}}
      """
    let isAnthropic = provider == "anthropic"
    try await withGateway(
      path: isAnthropic ? "/messages" : "/chat/completions", answer: isAnthropic ? Self.messages : Self.chat
    ) { gateway in
      try await withWorld(policy) { world in
        let name = provider.uppercased()
        let llm = world.llm {
          $0.environment["\(name)_BASE_URL"] = gateway
          $0.environment["\(name)_API_KEY"] = "key"
          $0.models["m"] = .init(provider: provider, inputPrice: 1_000_000_000, outputPrice: 1_000_000_000)
        }
        let answer = try await llm.complete("hi", chain: ["m"], run: "r")
        #expect(answer.usage == TokenUsage(input: 100, output: 7, cachedInput: 60))
        #expect(answer.nanodollars == 107_000)
        #expect(try await world.used("m.tokens", model: "m", run: "r") == counted)
        #expect(try await world.used("run-budget", model: "m", run: "r") == 107_000)
      }
    }
  }
}
