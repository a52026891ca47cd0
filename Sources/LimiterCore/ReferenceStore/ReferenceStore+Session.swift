extension ReferenceStore {
  /// Opens a session, as `session.lua` does.
  ///
  /// - Parameter hosts: how many processes shared the domain when this one last heard of it; 0: it never did.
  package mutating func open(
    session: String, timeToLive: Int64, epoch random: String, hosts: Int64 = 0, at time: ServerTime
  ) {
    let now = stamp(time)
    if epoch == nil {
      epoch = random
      last = now
      if hosts > 0 { recovering = (now + timeToLive, hosts, 0) }
    }
    sessions[session, default: Session(aliveUntil: 0)].aliveUntil = now + timeToLive
    reap(now: now)
  }

  /// Renews a session; false when it is unknown or over.
  package mutating func renew(session: String, timeToLive: Int64, at time: ServerTime) -> Bool {
    let now = stamp(time)
    guard epoch != nil else { return false }
    let isAlive = (sessions[session]?.aliveUntil ?? 0) > now
    if isAlive { sessions[session]?.aliveUntil = now + timeToLive }
    reap(now: now)
    return isAlive
  }

  /// The id of the state, and how many sessions are alive.
  package func facts(at time: ServerTime) -> (epoch: String?, hosts: Int64) {
    let now = stamp(time)
    return (epoch, Int64(sessions.values.count { $0.aliveUntil > now }))
  }

  /// Closes a session: its permits end as abandoned. False when it is unknown.
  package mutating func close(session: String, at time: ServerTime) -> Bool {
    guard epoch != nil, sessions[session] != nil else { return false }
    end(session, now: stamp(time))
    return true
  }

  /// Ends sessions whose time is over, oldest first, within the bounds.
  mutating func reap(now: Int64) {
    let dead = sessions.filter { $0.value.aliveUntil <= now }
      .sorted { ($0.value.aliveUntil, $0.key) < ($1.value.aliveUntil, $1.key) }
    var ended = 0
    for (name, session) in dead.prefix(bounds.reapedSessions) where ended < bounds.reapedPermits {
      ended += session.permits.count + session.intents.count
      end(name, now: now)
    }
  }

  private mutating func end(_ name: String, now: Int64) {
    var left: Set<LimitID> = []
    for (permit, record) in sessions[name]?.permits ?? [:] {
      abandon(record, of: name, listedAs: "\(name)/permit:\(permit)")
      left.formUnion(record.parts.map(\.limit).filter(\.isConcurrency).map(\.id))
    }
    for (limit, members) in waiters {
      for member in members.keys where member.hasPrefix("\(name)/") {
        leaveQueue(limit, member)
        left.insert(limit)
      }
    }
    sessions[name] = nil
    wake(left, now: now)
  }
}
