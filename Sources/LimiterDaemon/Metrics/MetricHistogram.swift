/// Times, counted by how long they are.
package struct MetricHistogram: Sendable {
  /// The upper bounds, in microseconds, rising; what is longer is counted in the last bucket.
  package let bounds: [Int64]
  /// How many per bucket, not added up.
  package private(set) var counts: [Int64]
  package private(set) var sumMicroseconds: Int64 = 0

  package init(bounds: [Int64]) {
    precondition(zip(bounds, bounds.dropFirst()).allSatisfy(<), "the bounds of a histogram rise")
    self.bounds = bounds
    counts = Array(repeating: 0, count: bounds.count + 1)
  }

  package mutating func observe(microseconds: Int64, count: Int64 = 1) {
    let time = max(microseconds, 0)
    var bucket = 0
    while bucket < bounds.count, time > bounds[bucket] { bucket += 1 }
    counts[bucket] += count
    sumMicroseconds &+= time &* count
  }

  /// From a millisecond to ten minutes: calls wait for windows.
  static let waits = MetricHistogram(bounds: [
    1_000, 5_000, 10_000, 50_000, 100_000, 500_000, 1_000_000, 5_000_000, 10_000_000, 30_000_000, 60_000_000,
    120_000_000, 300_000_000, 600_000_000,
  ])

  /// From a tenth of a millisecond to two seconds, after which an answer is not waited for.
  static let scripts = MetricHistogram(bounds: [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_000_000,
  ])
}
