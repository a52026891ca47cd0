package import Hiredis
package import LimiterCore

/// What `session.lua` is asked, and its answer.
package enum SessionCodec {
  package enum Verb: String, Sendable {
    case open
    case renew
    case close
  }

  package struct Answer: Sendable, Hashable {
    package enum Status: Int64, Sendable {
      /// The session is unknown, or over.
      case gone = 0
      case done = 1
      /// Closing: some permits are left, ask again.
      case more = 2
    }

    package var status: Status
    package var now: ServerTime
    /// The random id of the domain's state; another one than before means that state was lost.
    package var epoch: String
  }

  package static func call(
    _ verb: Verb, session: String, timeToLive: Duration, epoch random: String = "", who: String = "",
    keys domain: DomainKeys
  ) -> ScriptCall {
    ScriptCall(
      keys: [domain.epoch, domain.sessions, domain.session(session)],
      arguments: [
        CommandArgument(verb.rawValue), CommandArgument(session), CommandArgument(timeToLive.microsecondsRoundedUp),
        CommandArgument(random), CommandArgument(who),
      ])
  }

  package static func answer(_ reply: Reply) throws(LimiterRedisError) -> Answer {
    guard let parts = reply.array, parts.count == 3, let code = parts[0].int, let now = parts[1].int,
      let epoch = parts[2].string
    else { throw .malformedAnswer("expected a status, a time and an id") }
    guard let status = Answer.Status(rawValue: code) else { throw .unexpectedStatus(code) }
    return Answer(status: status, now: ServerTime(microseconds: now), epoch: epoch)
  }
}
