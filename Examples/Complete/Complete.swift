import LimiterLLM
import Providers

/// One call with everything around it: limits that all processes share, budgets, retries, two models and an old answer.
///
///     OPENAI_API_KEY=... swift run example-complete "What is a semaphore?"
///
/// It asks the limiterd of LIMITERD_SOCKET, or else the Redis at REDIS_URL or localhost.
@main
struct Complete {
  static func main() async throws {
    try await LLM.withLLM { llm in
      let question = CommandLine.arguments.dropFirst().first ?? "What is a semaphore, in one sentence?"
      let answer = try await llm.complete(ChatRequest(question), run: "run-17")
      print(answer.text)
      print(answer.source, "\(answer.nanodollars) nanodollars", answer.hops)
    }
  }
}
