extension ReferenceStore {
  /// As `report.lua`.
  package mutating func report(_ counts: [String: Int64], alarm: FleetAlarm, at time: ServerTime) -> FleetReport {
    let minute = stamp(time) / 60_000_000
    if !counts.isEmpty {
      fleet[minute, default: [:]].merge(counts) { min($0 + $1, LimiterBounds.amount) }
    }
    var sums: [String: Int64] = [:]
    for (at, counted) in fleet where (minute - 5...minute).contains(at) { sums.merge(counted, uniquingKeysWith: +) }
    var report = FleetReport(counts: sums, alert: .none)
    guard let tooMany = alarm.fallbacksPerMille else { return report }
    let (calls, fallbacks, share) = (Double(report[.calls]), Double(report[.fallbacks]), Double(tooMany))
    if report[.calls] >= alarm.leastCalls, fallbacks * 1_000 > share * calls {
      report.alert = hasToldFallbacks ? .goesOn : .begins
      hasToldFallbacks = true
    } else if hasToldFallbacks {
      hasToldFallbacks = fallbacks * 1_250 > share * calls
      report.alert = hasToldFallbacks ? .goesOn : .ends
    }
    return report
  }
}
