import ArgumentParser
import LimiterClient
import LimiterCore

/// Straight to Redis, without a limiterd: by which policy, and whose call.
struct DirectOptions: ParsableArguments {
  @OptionGroup var policy: PolicyOptions

  @Option(help: "The tenant whose limits are meant.")
  var tenant: String?

  @Option(help: "The run whose limits are meant.")
  var run: String?

  @Option(help: ArgumentHelp("An attribute that the policy counts by.", valueName: "name=value"))
  var attribute: [String] = []

  func validate() throws {
    for text in attribute where !text.dropFirst().contains("=") {
      throw ValidationError("--attribute: expected name=value, got \(text)")
    }
  }

  func request(model: String) -> AdmissionRequest {
    let pairs = attribute.map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
    return AdmissionRequest(
      model: model, tenant: tenant, run: run,
      attributes: Dictionary(pairs.map { ($0[0], $0.count > 1 ? $0[1] : "") }) { $1 })
  }

  /// A limiter of the policy, for the time of `body`.
  func withLimiter<Result: Sendable>(
    _ body: @Sendable (Limiter, Policy) async throws -> Result
  ) async throws -> Result {
    try await policy.withLimiter(body)
  }
}
