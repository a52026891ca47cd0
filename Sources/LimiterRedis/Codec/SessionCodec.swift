package import Hiredis
internal import LimiterCore

/// What `session.lua` is asked, and its answer.
package enum SessionCodec {
  package static func call(_ call: SessionCall, keys domain: DomainKeys) -> ScriptCall {
    ScriptCall(
      keys: [domain.epoch, domain.sessions, domain.session(call.session)],
      arguments: [
        CommandArgument(call.verb.rawValue), CommandArgument(call.session),
        CommandArgument(call.timeToLive.microsecondsRoundedUp), CommandArgument(call.epoch), CommandArgument(call.who),
        CommandArgument(call.hosts),
      ])
  }

  package static func answer(_ reply: Reply) throws(LimiterRedisError) -> SessionAnswer {
    guard let parts = reply.array, parts.count == 4, let code = parts[0].int, let now = parts[1].int,
      let epoch = parts[2].string, let hosts = parts[3].int
    else { throw .malformedAnswer("expected a status, a time, an id and a number") }
    guard let status = SessionAnswer.Status(rawValue: code) else { throw .unexpectedStatus(code) }
    return SessionAnswer(status: status, now: ServerTime(microseconds: now), epoch: epoch, hosts: hosts)
  }
}
