package import LimiterCore

/// What a session is asked to do.
package struct SessionCall: Sendable, Hashable {
  package enum Verb: String, Sendable {
    case open
    case renew
    case close
  }

  package var verb: Verb
  package var session: String
  package var timeToLive: Duration
  /// Of an opening: the id of the domain's state, if that is new.
  package var epoch: String
  /// Of an opening: who it is, for people that look.
  package var who: String
  /// Of a renewal: it is refused where decisions are, as Redis has no memory left. Others are not.
  package var isProbe = false
  /// Of an opening: how many processes shared the domain when this one last heard of it; 0: it never did.
  package var hosts: Int64

  package init(
    _ verb: Verb, session: String, timeToLive: Duration, epoch: String = "", who: String = "", hosts: Int64 = 0
  ) {
    self.hosts = hosts
    self.verb = verb
    self.session = session
    self.timeToLive = timeToLive
    self.epoch = epoch
    self.who = who
  }
}

/// What became of it.
package struct SessionAnswer: Sendable, Hashable {
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
  /// Sessions that are alive.
  package var hosts: Int64

  package init(status: Status, now: ServerTime, epoch: String, hosts: Int64) {
    self.hosts = hosts
    self.status = status
    self.now = now
    self.epoch = epoch
  }
}
