internal import Hiredis
package import LimiterCore

extension SidecarLimiter {
  package func runs() async throws -> [RunUsage] {
    guard let listed = try await query(["RUNS"]).array else { throw WorkerReply.unreadable("an answer to RUNS") }
    return try listed.map { reply in
      let reply = try WorkerReply(reply, "an answer to RUNS")
      guard let unit = Unit(rawValue: try reply.text("unit")) else { throw WorkerReply.unreadable("a unit") }
      return RunUsage(
        run: try reply.text("run"), rule: try reply.text("limit"), period: try reply.text("period"), unit: unit,
        spent: try reply.number("spent"), held: try reply.number("held"), allowed: try reply.number("allowed"))
    }
  }
}
