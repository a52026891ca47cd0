/// Percentiles of a finite list, by nearest rank: always a value that occurred.
package struct Percentiles: Sendable {
  private let sorted: [Double]

  package init(_ values: [Double]) { sorted = values.sorted() }

  /// - Parameter share: from 0 to 1. An empty list has the percentile 0.
  package func value(_ share: Double) -> Double {
    guard !sorted.isEmpty else { return 0 }
    let rank = Int((share * Double(sorted.count)).rounded(.up))
    return sorted[min(max(rank, 1), sorted.count) - 1]
  }
}
