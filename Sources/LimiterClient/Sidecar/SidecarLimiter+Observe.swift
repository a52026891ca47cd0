internal import Hiredis
package import LimiterCore

extension SidecarLimiter {
  package func observe(_ permit: Permit, _ view: ProviderView) async throws -> [LimitID: Int64] {
    var words: [CommandArgument] = ["OBSERVE", CommandArgument(permit.id)]
    if view.isRefusal { words.append("REFUSED") }
    for window in view.sayable {
      words += [CommandArgument(window.unit.rawValue), CommandArgument(window.remaining)]
      if let limit = window.limit { words += ["LIMIT", CommandArgument(limit)] }
      if let reset = window.reset { words += ["RESET", CommandArgument(WorkerWords.milliseconds(reset))] }
    }
    guard let listed = try await query(words).array else { throw WorkerReply.unreadable("an answer to OBSERVE") }
    return try listed.reduce(into: [:]) { all, entry in
      let reply = try WorkerReply(entry, "an answer to OBSERVE")
      all[LimitID(rawValue: try reply.text(at: 0))] = try reply.number(at: 1)
    }
  }
}
