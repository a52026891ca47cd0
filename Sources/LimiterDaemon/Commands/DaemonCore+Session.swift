import LimiterCore
import NIOCore

/// SESSION.
extension DaemonCore {
  func session(_ command: WorkerCommand, _ target: ReplyTarget) throws(CommandError) {
    var reader = ArgumentReader(command)
    if !reader.isAtEnd {
      let name = try reader.text("a session's name")
      var grace: Duration?
      while let keyword = try reader.keyword() {
        guard keyword == "GRACE" else { throw reader.unexpected(keyword) }
        let longest = DaemonBounds.longestGrace.microsecondsRoundedUp / 1_000
        grace = .milliseconds(try reader.number(keyword, 0...longest))
      }
      let own = target.connection.session
      if let other = own.name, ExactName(other) != ExactName(name) {
        throw reader.malformed("this connection's session has another name already; use another connection")
      }
      if named[ExactName(name)] == nil, sessions[name] != nil {
        throw reader.malformed("expected a name that is no session's id")
      }
      self.name(target.connection, name, grace: grace)
    }
    let session = target.connection.session
    target.answer { reply in
      reply.writeRESP(array: 10)
      reply.writeRESP(bulk: "id")
      reply.writeRESP(bulk: session.id)
      reply.writeRESP(bulk: "name")
      if let name = session.name { reply.writeRESP(bulk: name) } else { reply.writeRESPNull() }
      reply.writeRESP(bulk: "grace_ms")
      reply.writeRESP(session.name == nil ? 0 : session.grace.microsecondsRoundedUp / 1_000)
      reply.writeRESP(bulk: "waiting")
      reply.writeRESP(Int64(session.waiting.count))
      reply.writeRESP(bulk: "permits")
      reply.writeRESP(array: session.permits.count)
      for id in session.permits.sorted() { reply.writeRESP(bulk: id) }
    }
  }
}
