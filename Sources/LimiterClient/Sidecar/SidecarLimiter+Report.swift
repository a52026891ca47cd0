internal import Hiredis
package import LimiterCore

extension SidecarLimiter {
  package func report(_ counts: [String: Int64], alarm: FleetAlarm) async throws -> FleetReport {
    let words = counts.sorted { $0.key < $1.key }.flatMap { [CommandArgument($0.key), CommandArgument($0.value)] }
    // Without counts it only asks.
    let reply = try WorkerReply(
      try await query(["REPORT"] + words, counts.isEmpty ? .query : .once), "an answer to REPORT")
    let alert: FleetReport.Alert
    switch try reply.text("alert") {
    case "none": alert = .none
    case "goes_on": alert = .goesOn
    case "begins": alert = .begins
    case "ends": alert = .ends
    default: throw WorkerReply.unreadable("an alert that is none, begins, goes_on or ends")
    }
    var counted: [String: Int64] = [:]
    for entry in try reply.list("counts") { counted[try entry.text(at: 0)] = try entry.number(at: 1) }
    return FleetReport(counts: counted, alert: alert)
  }
}
