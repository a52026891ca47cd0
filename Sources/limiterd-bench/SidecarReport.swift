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

  var rows: [Row] = []

  var table: String {
    let header = cells("", "limiterd", "against", "unit", "ratio")
    return
      ([header]
      + rows.map {
        cells(
          $0.name, String(format: "%.0f", $0.limiterd), String(format: "%.0f", $0.other), $0.unit,
          String(format: "%.2fx", $0.ratio))
      }).joined(separator: "\n")
  }

  private func cells(_ cells: String...) -> String {
    zip(cells, [58, 12, 12, 16, 8]).enumerated().map { index, pair in
      let padding = String(repeating: " ", count: max(pair.1 - pair.0.count, 1))
      return index == 0 ? pair.0 + padding : padding + pair.0
    }.joined()
  }
}
