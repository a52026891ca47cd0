import LimiterCore
import Resilience

/// The words by which metrics, and counters in Redis, tell reasons apart. Workers may say any word; what is none of these is counted as
/// ``MetricBounds/otherName``: so there are never more counters than these, and their sum is that of all.
enum ReasonWords {
  /// Why a request failed, or a model is left alone.
  static let failures = ErrorClass.allCases.map(\.rawValue)
  /// Why a call fell back.
  static let fallbacks = failures + ["cooldown", "answered"]

  /// As what a failure is counted.
  static func failure(_ word: String) -> String { known(word, failures) }

  /// As what a counter of a report is counted.
  static func counter(_ name: String) -> String {
    for (prefix, words) in [(FleetCounter.fallbackPrefix, fallbacks), (FleetCounter.failurePrefix, failures)]
    where name.hasPrefix(prefix) {
      return prefix + known(String(name.dropFirst(prefix.count)), words)
    }
    return name
  }

  private static func known(_ word: String, _ words: [String]) -> String {
    words.contains(word) ? word : MetricBounds.otherName
  }
}
