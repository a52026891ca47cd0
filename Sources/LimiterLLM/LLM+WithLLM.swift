import Foundation
public import LimiterClient
import LimiterConfiguration
public import Logging
public import Resilience

extension LLM {
  /// Makes a limiter and an ``LLM``, runs them as long as `body`, and ends them.
  ///
  /// Without a route it asks the limiterd of the environment's `LIMITERD_SOCKET`, or else the Redis of `REDIS_URL`
  /// (`redis://localhost:6379`) by the standard policy: the limits of a new account with 80 % headroom, 10 calls at once for OpenAI and 5 for
  /// Anthropic, 1 USD per run and 50 USD per day.
  ///
  /// - Parameter cooldowns: who knows which models to leave alone, such as `LocalCooldowns()`; `nil`: all workers of the domain together.
  /// - Throws: what `body` throws; as `LimiterClient.withClient`.
  public static func withLLM<Result: Sendable>(
    _ route: LimiterRoute? = nil, _ settings: LLMSettings = LLMSettings(), cooldowns: (any Cooldowns)? = nil,
    logger: Logger = Logger(label: "llm"), _ body: @Sendable (LLM) async throws -> Result
  ) async throws -> Result {
    let route = try route ?? standardRoute(settings.environment)
    return try await LimiterClient.withClient(route, logger: logger) { limiter in
      let llm = LLM(limiter, settings, cooldowns: cooldowns, logger: logger)
      let result: Swift.Result<Result, any Error>
      do { result = .success(try await body(llm)) } catch { result = .failure(error) }
      await llm.report()
      return try result.get()
    }
  }

  private static func standardRoute(_ environment: [String: String]) throws -> LimiterRoute {
    if let socket = environment["LIMITERD_SOCKET"], !socket.isEmpty { return .limiterd(socket: socket) }
    return try .redis(
      url: environment["REDIS_URL"] ?? "redis://localhost:6379", policy: PolicyFile.standard().policy)
  }
}
