import Foundation
import LimiterClient
import LimiterCore
import Resilience

/// Asks for an answer within the limits: retries, falls back to the next model, and ends in an old answer.
///
///     OPENAI_API_KEY=... swift run example-chain /run/limiterd/limiterd.sock "What is a semaphore?"
///
/// OPENAI_BASE_URL names another provider that speaks OpenAI's chat completions. Of several prompts, each is asked in turn.
@main
struct Chain {
  private let limiter: LimiterClient
  private let provider: ChatClient
  private let chain: FallbackChain
  private let cooldowns = LocalCooldowns()
  private let cache = ResponseCache<String, ContinuousClock>()
  private let budget = RetryBudget()

  static func main() async throws {
    let environment = ProcessInfo.processInfo.environment
    let arguments = CommandLine.arguments.dropFirst()
    guard let socket = arguments.first, arguments.count > 1, let key = environment["OPENAI_API_KEY"] else {
      print("usage: OPENAI_API_KEY=... example-chain <limiterd's socket> <prompt>...")
      exit(64)
    }
    let baseURL = environment["OPENAI_BASE_URL"] ?? "https://api.openai.com/v1"
    let chain = try FallbackChain([
      .init("gpt-4o", contextWindow: 128_000), .init("gpt-4o-mini", contextWindow: 128_000),
    ])
    try await LimiterClient.withClient(.limiterd(socket: socket)) { limiter in
      try await ChatClient.with(baseURL: baseURL, key: key) { provider in
        let asking = Chain(limiter: limiter, provider: provider, chain: chain)
        for prompt in arguments.dropFirst() { await asking.tell(prompt) }
      }
    }
  }

  private func tell(_ prompt: String) async {
    do {
      let answer = try await answer(to: prompt)
      print("\(answer.answer)\n  (\(answer.source); \(answer.hops.map(\.description).joined(separator: ", ")))")
    } catch { print("no answer: \(error)") }
  }

  private func answer(to prompt: String) async throws -> FallbackAnswer<String> {
    let ending = FallbackEnding(cached: { cache.answer(to: prompt) })
    let policy = RetryPolicy(attempts: 3, deadline: .seconds(60), longestHint: .seconds(20), budget: budget)
    return try await withFallback(chain, cooldowns: cooldowns, ending: ending) { model in
      try await withRetry(policy) { _ in try await ask(prompt, model) }
    }
  }

  /// One attempt, with a permit of its own: providers count failed attempts, too, and nothing is held between them.
  private func ask(_ prompt: String, _ model: String) async throws -> String {
    let request = AdmissionRequest(
      model: model, inputTokens: Int64(prompt.utf8.count / 4 + 1), outputTokens: 400, run: "example")
    let outcome: PermitOutcome<Result<ChatClient.Answer, CallFailure>>
    do {
      outcome = try await limiter.withPermit(request, waitingUpTo: .seconds(30)) { _ in
        let result = try await provider.complete(prompt, model: model, maximumTokens: 400)
        switch result {
        case .success(let answer):
          return (result, Usage(inputTokens: answer.inputTokens, outputTokens: answer.outputTokens))
        // Nothing was sent: everything goes back.
        case .failure(let failure) where failure.isOwnNetwork: throw CallNotSent(failure)
        // No answer came: nobody knows what the provider did and bills, so that it stays charged as reserved.
        case .failure(let failure) where failure.status == nil: throw failure
        // It has answered, and nobody can read what: it is billed.
        case .failure(let failure) where failure.status == 200: throw failure
        // Refused, it costs nothing, and what it reserved of the rates stays.
        case .failure: return (result, Usage(nanodollars: 0))
        }
      }
    } catch let notSent as CallNotSent { throw notSent.cause }
    switch outcome {
    case .denied(let denial): throw CallFailure(.denied, message: "\(denial)")
    case .completed(let result):
      let answer = try result.get()
      cache.store(answer.text, bytes: answer.text.utf8.count, for: prompt)
      return answer.text
    }
  }
}
