package import Hiredis
package import LimiterCore

/// What `report.lua` is asked, and its answer.
package enum ReportCodec {
  package static func call(_ counts: [String: Int64], alarm: FleetAlarm, keys domain: DomainKeys) -> ScriptCall {
    ScriptCall(
      keys: [domain.epoch],
      arguments: [CommandArgument(alarm.fallbacksPerMille ?? 0), CommandArgument(alarm.leastCalls)]
        + counts.sorted { $0.key < $1.key }.flatMap { [CommandArgument($0.key), CommandArgument($0.value)] })
  }

  package static func answer(_ reply: Reply) throws(LimiterRedisError) -> FleetReport {
    guard let parts = reply.array, parts.count % 2 == 1, let code = parts[0].int,
      let alert = FleetReport.Alert(rawValue: code)
    else { throw .malformedAnswer("expected an alert, and what was counted") }
    var counts: [String: Int64] = [:]
    for index in stride(from: 1, to: parts.count, by: 2) {
      guard let name = parts[index].string, let amount = parts[index + 1].string.flatMap({ Int64($0) }) else {
        throw .malformedAnswer("expected a name and an amount")
      }
      counts[name] = amount
    }
    return FleetReport(counts: counts, alert: alert)
  }
}
