import NIOCore

/// Every bound of the metrics, by name.
package enum MetricBounds {
  /// Models that are told apart, over all policies since the start.
  package static let models = 1_000
  /// Limits whose use is told.
  package static let limits = 500
  /// What further models, paths and reasons are counted as.
  package static let otherName = "other"
  /// How long a scrape waits for Redis to tell what is used.
  static let scrapeTime: TimeAmount = .seconds(1)
}
