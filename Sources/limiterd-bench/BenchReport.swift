import Foundation

/// The figures of a run.
struct BenchReport: Codable, Sendable {
  struct Row: Codable, Sendable {
    var name: String
    var batch: Int
    var liveUnits: Int64
    /// Decisions per second (with their settlements, where the row settles).
    var decisionsPerSecond: Double
    /// Microseconds in Redis per decision.
    var redisMicroseconds: Double
    /// Naive calls that one decision stands for, and how many of them Redis does in a second.
    var naiveCalls: Int
    var naiveCallsPerSecond: Double
    var naiveMicroseconds: Double

    /// Throughput against as many naive calls as the decision has limits.
    var ratio: Double { decisionsPerSecond * Double(naiveCalls) / naiveCallsPerSecond }

    enum CodingKeys: String, CodingKey {
      case name, batch, liveUnits = "live_units", decisionsPerSecond = "decisions_per_second"
      case redisMicroseconds = "redis_us_per_decision", naiveCalls = "naive_calls"
      case naiveCallsPerSecond = "naive_calls_per_second", naiveMicroseconds = "naive_us_per_call"
    }
  }

  var rows: [Row]
  /// Time in Redis per decision at 1,000,000 live units against 100, by batch.
  var growth: [String: Double]

  init(rows: [Row]) {
    self.rows = rows
    growth = [:]
    for row in rows where row.liveUnits == 1_000_000 && row.name == "one window" {
      guard let small = rows.first(where: { $0.name == row.name && $0.batch == row.batch && $0.liveUnits == 100 })
      else {
        continue
      }
      growth["batch \(row.batch)"] = row.redisMicroseconds / small.redisMicroseconds
    }
  }

  var table: String {
    var lines = [
      line("", "batch", "live units", "decisions/s", "us in Redis", "naive calls/s", "naive us", "ratio")
    ]
    for row in rows {
      lines.append(
        line(
          row.name, "\(row.batch)", "\(row.liveUnits)", String(format: "%.0f", row.decisionsPerSecond),
          String(format: "%.2f", row.redisMicroseconds),
          String(format: "%.0f x %d", row.naiveCallsPerSecond, row.naiveCalls),
          String(format: "%.2f", row.naiveMicroseconds), String(format: "%.1fx", row.ratio)))
    }
    for (batch, factor) in growth.sorted(by: { $0.key < $1.key }) {
      lines.append(String(format: "time in Redis at 1,000,000 live units against 100, \(batch): %.2fx", factor))
    }
    return lines.joined(separator: "\n")
  }

  private func line(_ cells: String...) -> String {
    let widths = [24, 7, 12, 13, 13, 18, 10, 8]
    return zip(cells, widths).enumerated().map { index, pair in
      let (cell, width) = pair
      let padding = String(repeating: " ", count: max(width - cell.count, 1))
      return index == 0 ? cell + padding : padding + cell
    }.joined()
  }
}
