import ArgumentParser
import LimiterClient
import LimiterCore

/// Straight to Redis, without a limiterd: by which policy, and whose call.
struct DirectOptions: ParsableArguments {
  @OptionGroup var policy: PolicyOptions
  @OptionGroup var call: CallOptions

  func request(model: String) -> AdmissionRequest { call.request(model: model) }

  /// A limiter of the policy, for the time of `body`.
  func withLimiter<Result: Sendable>(
    _ body: @Sendable (Limiter, Policy) async throws -> Result
  ) async throws -> Result {
    try await policy.withLimiter(body)
  }
}
