import LimiterClient
import LimiterCore
import Logging
import Providers
import Resilience

extension LLM {
  private static let rounding: Int64 = 999

  /// Tells the limiter what the provider's headers say, before the permit is settled.
  func observe(
    _ permit: Permit, _ model: ModelFacts, _ outcome: ProviderClient.Outcome, until end: ContinuousClock.Instant
  ) async {
    let views = RateLimitHeaders.views(outcome.headers)
    let windows = views.compactMap { unit, view -> ProviderView.Window? in
      guard let remaining = view.remaining else { return nil }
      // Anthropic rounds tokens to thousands: what may only have been rounded away is not taken for somebody else's.
      let rounded = model.wire == .anthropicMessages && unit != .requests ? Self.rounding : 0
      // A gateway may say anything: no more than the limiter counts, and no longer than it looks ahead.
      return ProviderView.Window(
        unit.counted, limit: view.limit.map { min($0, LimiterBounds.amount) },
        remaining: min(remaining, LimiterBounds.amount - rounded) + rounded,
        reset: view.reset.map { min($0, LimiterBounds.longestWindow) })
    }
    let isRefusal = outcome.failure?.errorClass == .rateLimited
    guard !windows.isEmpty || isRefusal else { return }
    let view = ProviderView(windows, isRefusal: isRefusal)
    await follow(until: end) { [limiter, counters, logger] in
      do {
        let taken = try await limiter.observe(permit, view)
        guard !taken.isEmpty else { return true }
        counters.note { $0.viewsLowered += 1 }
        logger.debug(
          "the provider has less left than was expected",
          metadata: ["taken": "\(taken.map { "\($0.key) \($0.value)" }.sorted().joined(separator: ", "))"])
        return true
      } catch {
        logger.debug("what the provider said could not be told", metadata: ["error": "\(error)"])
        return false
      }
    }
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
