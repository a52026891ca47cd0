import Foundation

/// The figures of `bench sidecar`.
struct SidecarReport: Codable, Sendable {
  struct Row: Codable, Sendable {
    var name: String
    /// Through limiterd, and the other way: per second, or microseconds.
    var limiterd: Double
    var other: Double
    var unit: String
    /// For throughput limiterd against the other; for times as well, so less is better there.
    var ratio: Double
  }

  /// Time on processors of one decision and its settlement, in microseconds, while five limits are measured.
  struct ProcessorTime: Codable, Sendable {
    var limiterd: Double
    var redis: Double
    /// What asks.
    var load: Double

    /// What a call has used of it since then.
    func since(_ before: Self, calls: Double) -> Self {
      Self(
        limiterd: (limiterd - before.limiterd) / calls, redis: (redis - before.redis) / calls,
        load: (load - before.load) / calls)
    }
  }

  var rows: [Row] = []
  var processorTime: ProcessorTime?

  var table: String {
    let header = cells("", "limiterd", "against", "unit", "ratio")
    return
      ([header]
      + rows.map {
        cells(
          $0.name, String(format: "%.0f", $0.limiterd), String(format: "%.0f", $0.other), $0.unit,
          String(format: "%.2fx", $0.ratio))
      } + [processorLine].compactMap(\.self)).joined(separator: "\n")
  }

  private var processorLine: String? {
    processorTime.map {
      String(
        format:
          "processor time of five limits, acquire and settle: limiterd %.1f us, Redis %.1f us, the load itself %.1f us",
        $0.limiterd, $0.redis, $0.load)
    }
  }

  private func cells(_ cells: String...) -> String {
    zip(cells, [58, 12, 12, 16, 8]).enumerated().map { index, pair in
      let padding = String(repeating: " ", count: max(pair.1 - pair.0.count, 1))
      return index == 0 ? pair.0 + padding : padding + pair.0
    }.joined()
  }
}
