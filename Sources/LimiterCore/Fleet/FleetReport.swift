/// What all workers of a domain have counted lately: in this minute and the five before it.
public struct FleetReport: Sendable, Hashable {
  /// Whether too many calls fall back.
  public enum Alert: Int64, Sendable, Hashable {
    case none = 0
    /// They do, and somebody was told before.
    case goesOn = 1
    /// They do: whoever gets this tells people.
    case begins = 2
    /// They do no more: whoever gets this tells people.
    case ends = 3
  }

  /// By name, see ``FleetCounter``.
  public var counts: [String: Int64]
  /// Whether too many calls fall back.
  public var alert: Alert

  /// Nothing was counted.
  package static let empty = FleetReport(counts: [:], alert: .none)

  package init(counts: [String: Int64], alert: Alert) {
    self.counts = counts
    self.alert = alert
  }

  /// How much of something was counted.
  public subscript(counter: FleetCounter) -> Int64 { counts[counter.rawValue] ?? 0 }

  /// Fallbacks among calls, in thousandths.
  public var fallbacksPerMille: Int64 {
    let calls = self[.calls]
    guard calls > 0 else { return 0 }
    let (product, isTooLarge) = self[.fallbacks].multipliedReportingOverflow(by: 1_000)
    return isTooLarge ? min(self[.fallbacks] / calls, .max / 1_000) * 1_000 : product / calls
  }

  /// What calls fell back for, and how often.
  public var fallbackReasons: [String: Int64] { counts(after: FleetCounter.fallbackPrefix) }

  private func counts(after prefix: String) -> [String: Int64] {
    counts.reduce(into: [:]) { found, entry in
      if entry.key.hasPrefix(prefix) { found[String(entry.key.dropFirst(prefix.count))] = entry.value }
    }
  }
}

/// What workers count, by its name in Redis.
public enum FleetCounter: String, Sendable, Hashable, CaseIterable {
  /// Calls of callers.
  case calls
  /// Calls without an answer.
  case failed
  /// Requests to providers.
  case attempts
  /// Requests of a call to a model that was asked before.
  case retries
  /// Calls that another than the first model answered, or the cache.
  case fallbacks
  /// Times that a budget said no.
  case overBudget = "over_budget"
  /// A provider answered 429 though the limiter had admitted.
  case rateLimited = "provider_429"
  case nanodollars
  case inputTokens = "input_tokens"
  case outputTokens = "output_tokens"
  case estimatedTokens = "estimated_tokens"
  /// By how much the estimates were wrong, up or down.
  case estimateError = "estimate_error"

  /// Fallbacks by what the first model failed with: `fallback:overloaded`.
  package static let fallbackPrefix = "fallback:"
  /// Failed attempts by class: `failure:overloaded`.
  package static let failurePrefix = "failure:"

  /// Whether a name is one of ours.
  package static func isName(_ name: String) -> Bool {
    if FleetCounter(rawValue: name) != nil { return true }
    return [fallbackPrefix, failurePrefix].contains { prefix in
      name.hasPrefix(prefix) && (1...32).contains(name.utf8.count - prefix.utf8.count)
        && name.utf8.dropFirst(prefix.utf8.count).allSatisfy { (0x41...0x5a).contains($0 & 0xdf) }
    }
  }
}

/// When too many calls fall back.
public struct FleetAlarm: Sendable, Hashable {
  /// More than this share of the calls, in thousandths; `nil`: nobody is told.
  public var fallbacksPerMille: Int64?
  /// Calls below which the share says nothing.
  public var leastCalls: Int64

  /// More than 10 % of at least 20 calls.
  public init(fallbacksPerMille: Int64? = 100, leastCalls: Int64 = 20) {
    self.fallbacksPerMille = fallbacksPerMille
    self.leastCalls = leastCalls
  }
}
