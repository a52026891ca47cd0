import LimiterCore

/// What must be true of all permits in the end.
extension Account {
  /// The store's own sums are those of the account. Slots of dead sessions may still stand there: who asks ends them.
  func audit(_ redis: SimulatedRedis) {
    endSessions(at: redis.now.microseconds)
    for (key, limit) in limits.sorted(by: { $0.key < $1.key }) {
      let (mine, theirs) = (used(of: limit, at: redis.now.microseconds), redis.used(limit).all)
      if limit.isConcurrency ? theirs < mine : theirs != mine {
        problem("the store says \(key) is \(theirs), the account \(mine)")
      }
    }
  }

  /// At rest: every permit has ended, and is charged with what its caller said, or as reserved where nobody said anything.
  ///
  /// - Parameter lives: whether the process of a session has lived until now.
  func judge(_ redis: SimulatedRedis, lives: (_ session: String) -> Bool) {
    for grant in grants.values.sorted(by: { $0.id < $1.id }) where grant.isRecorded && grant.isKnown {
      if grant.isLive { problem("I9: \(grant.id) is still held; its caller: \(grant.deed)") }
      let (reserved, nothing) = (grant.parts.map(\.reserved), grant.parts.map { _ in Int64(0) })
      let charged = grant.parts.indices.map { grant.charge(of: $0) }
      let expected: [Int64]
      switch grant.deed {
      // It is found as one that nobody holds, and nobody knows that it was not used.
      case .nobody: expected = grant.isByCopy && charged == reserved ? reserved : nothing
      case .holding, .abandoned: expected = reserved
      case .reported(let amounts): expected = zip(reserved, amounts).map { $1 ?? $0 }
      }
      let isNobodys = if case .nobody = grant.deed { true } else { false }
      // A process that died may have sent it or not; and how it ended nobody tells again of what others have settled, or of what was
      // taken back without knowing whether it had been granted.
      let isUntold = grant.forgotten == .end && (grant.isAdopted || isNobodys)
      let isOpen = (!lives(grant.session) || isUntold) && charged == reserved
      if charged != expected, !isOpen {
        problem("I9: \(grant.id) is charged with \(charged) of \(reserved), not \(expected); its caller: \(grant.deed)")
      }
    }
    for (key, limit) in limits.sorted(by: { $0.key < $1.key }) where redis.used(limit).held != 0 {
      problem("I9: \(key) holds \(redis.used(limit).held) at rest")
    }
    let queued = redis.queuedCalls
    if !queued.isEmpty { problem("I9: in the queue at rest: \(queued.sorted())") }
  }
}
