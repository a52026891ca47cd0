package import Hiredis
package import LimiterCore

/// What `hosts.lua` is asked, and its answer.
package enum HostsCodec {
  package static func call(listing permits: Int, keys domain: DomainKeys) -> ScriptCall {
    ScriptCall(keys: [domain.epoch, domain.sessions], arguments: [CommandArgument(Int64(permits))])
  }

  package static func answer(_ reply: Reply) throws(LimiterRedisError) -> DomainHosts {
    var reader = try FlatReader(reply)
    var found = DomainHosts(now: ServerTime(microseconds: try reader.number()), hosts: [], held: [])
    for _ in 0..<(try reader.number()) {
      let (session, until, who) = (try reader.text(), try reader.number(), try reader.text())
      let (opened, permits) = (try reader.number(), try reader.number())
      found.hosts.append(
        DomainHosts.Host(
          session: session, who: who, aliveUntil: ServerTime(microseconds: until),
          openedAt: ServerTime(microseconds: opened), permits: permits))
    }
    for _ in 0..<(try reader.number()) {
      found.held.append(
        DomainHosts.Held(session: try reader.text(), name: try reader.text(), record: try reader.text()))
    }
    return found
  }
}
