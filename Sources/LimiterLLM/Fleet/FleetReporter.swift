import LimiterClient
import LimiterCore
import Logging
import Synchronization
import Webhooks

/// Tells the domain what this process has counted: soon after a call, and then not more often than every few seconds.
final class FleetReporter: Sendable {
  private struct State {
    var told = LLMStatistics()
    var isWaiting = false
    var isReporting = false
  }

  private static let interval: Duration = .seconds(5)

  private let limiter: LimiterClient
  private let counters: LLMCounters
  private let settings: LLMSettings
  private let logger: Logger
  private let state = Mutex(State())

  init(_ limiter: LimiterClient, _ counters: LLMCounters, _ settings: LLMSettings, _ logger: Logger) {
    self.limiter = limiter
    self.counters = counters
    self.settings = settings
    self.logger = logger
  }

  /// Something was counted: it is told within a few seconds.
  func note() {
    let isFirst = state.withLock { state in
      defer { state.isWaiting = true }
      return !state.isWaiting
    }
    guard isFirst else { return }
    Task {
      let isTold = await report()
      try? await Task.sleep(for: Self.interval)
      state.withLock { $0.isWaiting = false }
      // Where nobody answers, the next call tries again: a limiter that has ended is not asked for ever.
      if isTold, counters.snapshot != state.withLock(\.told) { note() }
    }
  }

  /// Tells what was counted since the last time; what could not be told comes with the next one. What may have been told, with the answer lost,
  /// does not: sums may be too small then, and are never too large.
  ///
  /// - Returns: whether it was told, or there was nothing.
  @discardableResult
  func report() async -> Bool {
    let now = counters.snapshot
    let before = state.withLock { state -> LLMStatistics? in
      guard !state.isReporting else { return nil }
      state.isReporting = true
      return state.told
    }
    guard let before else { return true }
    defer { state.withLock { $0.isReporting = false } }
    let counts = now.counts(since: before)
    guard !counts.isEmpty else { return true }
    do {
      let report = try await limiter.backend.report(counts, alarm: settings.alarm)
      state.withLock { $0.told = now }
      tell(report)
      return true
    } catch {
      if let error = error as? LimiterError, error.mayHaveRun { state.withLock { $0.told = now } }
      logger.debug("what was counted could not be told", metadata: ["error": "\(error)"])
      return false
    }
  }

  private func tell(_ report: FleetReport) {
    guard let alert = FallbackAlert(report, domain: nil) else { return }
    if report.alert == .begins {
      logger.warning(
        "too many calls are answered by fallbacks",
        metadata: [
          "fallbacks": "\(alert.fallbacks)", "calls": "\(alert.calls)", "reasons": "\(alert.reasons)",
        ])
    }
    settings.onFallbackAlert?(report)
    if let url = settings.webhook { Webhook(url: url, logger: logger).post(alert) }
  }
}

extension LLMStatistics {
  /// By the names that all workers share.
  func counts(since before: LLMStatistics) -> [String: Int64] {
    var counts: [String: Int64] = [:]
    func note(_ counter: FleetCounter, _ value: (LLMStatistics) -> Int64) {
      counts[counter.rawValue] = value(self) - value(before)
    }
    note(.calls) { Int64($0.calls) }
    note(.failed) { Int64($0.failed) }
    note(.attempts) { Int64($0.attempts) }
    note(.retries) { Int64($0.retries) }
    note(.fallbacks) { Int64($0.fallbacks) }
    note(.overBudget) { Int64($0.overBudget) }
    note(.rateLimited) { Int64($0.rateLimitedWhileAdmitted) }
    note(.nanodollars, \.nanodollars)
    note(.inputTokens, \.inputTokens)
    note(.outputTokens, \.outputTokens)
    note(.estimatedTokens, \.estimatedTokens)
    note(.estimateError, \.estimatedWrong)
    for (reason, count) in fallbackReasons {
      counts[FleetCounter.fallbackPrefix + reason] = Int64(count - (before.fallbackReasons[reason] ?? 0))
    }
    for (name, count) in failures {
      counts[FleetCounter.failurePrefix + name] = Int64(count - (before.failures[name] ?? 0))
    }
    return counts.filter { $0.value > 0 }
  }
}
