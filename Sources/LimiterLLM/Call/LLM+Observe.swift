import LimiterClient
import LimiterCore
import Logging
import Providers
import Resilience

extension LLM {
  private static let rounding: Int64 = 999

  /// Tells the limiter what the provider's headers say, before the permit is settled.
  func observe(_ permit: Permit, _ model: ModelFacts, _ outcome: ProviderClient.Outcome) async {
    let views = RateLimitHeaders.views(outcome.headers)
    let windows = views.compactMap { unit, view -> ProviderView.Window? in
      guard let remaining = view.remaining else { return nil }
      // Anthropic rounds tokens to thousands: what may only have been rounded away is not taken for somebody else's.
      let isRounded = model.wire == .anthropicMessages && unit != .requests
      return ProviderView.Window(
        unit.counted, limit: view.limit, remaining: remaining + (isRounded ? Self.rounding : 0), reset: view.reset)
    }
    let isRefusal = outcome.failure?.errorClass == .rateLimited
    guard !windows.isEmpty || isRefusal else { return }
    do {
      let taken = try await limiter.observe(permit, ProviderView(windows, isRefusal: isRefusal))
      if !taken.isEmpty {
        counters.note { $0.viewsLowered += 1 }
        logger.debug(
          "the provider has less left than was expected",
          metadata: ["taken": "\(taken.map { "\($0.key) \($0.value)" }.sorted().joined(separator: ", "))"])
      }
    } catch { logger.debug("what the provider said could not be told", metadata: ["error": "\(error)"]) }
  }
}

extension RateLimitUnit {
  fileprivate var counted: Unit {
    switch self {
    case .requests: .requests
    case .tokens: .tokens
    case .inputTokens: .inputTokens
    case .outputTokens: .outputTokens
    }
  }
}
