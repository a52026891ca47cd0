/// The processes of a domain, and what they hold: for people that look.
package struct DomainHosts: Sendable, Hashable {
  /// A limiterd, or a process in direct mode.
  package struct Host: Sendable, Hashable {
    package var session: String
    package var who: String
    package var aliveUntil: ServerTime
    package var openedAt: ServerTime
    package var permits: Int64

    package init(session: String, who: String, aliveUntil: ServerTime, openedAt: ServerTime, permits: Int64) {
      self.session = session
      self.who = who
      self.aliveUntil = aliveUntil
      self.openedAt = openedAt
      self.permits = permits
    }
  }

  /// A permit that is held.
  package struct Held: Sendable, Hashable {
    package var session: String
    /// Its id, whoever holds it now.
    package var id: String
    /// As Redis has it.
    package var record: String

    /// - Parameter name: in its session: of an adopted one, its whole id.
    package init(session: String, name: String, record: String) {
      self.session = session
      id = PermitPlace.granted(name: name, in: session).id
      self.record = record
    }

    /// The model, from the permit's lane.
    package var model: String { PermitPlace(id: id).map { LimitID.decode($0.lane) } ?? "" }
  }

  package var now: ServerTime
  package var hosts: [Host]
  package var held: [Held]

  package init(now: ServerTime, hosts: [Host], held: [Held]) {
    self.now = now
    self.hosts = hosts
    self.held = held
  }
}
