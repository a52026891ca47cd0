import LimiterCore

/// What a failover to a replica that was behind takes away.
extension Account {
  /// All that the store had been asked until then.
  struct Moment {
    fileprivate let sums: Sums
    fileprivate let states: [String: State]
  }

  fileprivate struct State {
    let grant: Grant
    let session: String
    let isLive: Bool
    let settled: [Int64]?

    init(_ grant: Grant) {
      (self.grant, session, isLive, settled) = (grant, grant.session, grant.isLive, grant.settled)
    }

    var isNow: Bool { session == grant.session && isLive == grant.isLive && settled == grant.settled }
  }

  var moment: Moment {
    Moment(sums: sums, states: grants.filter { $0.value.isKnown }.mapValues { State($0) })
  }

  /// What came after it never was.
  func fallBack(to moment: Moment) {
    (sums, hasFallenBack) = (moment.sums, true)
    for (id, grant) in grants where grant.isKnown {
      guard let state = moment.states[id], state.grant === grant else {
        (grant.forgotten, grant.isLive) = (.grant, false)
        // It may stand there still from the failover before.
        if !forgotten.contains(where: { $0 === grant }) { forgotten.append(grant) }
        continue
      }
      if !state.isNow { grant.forgotten = .end }
      (grant.session, grant.isLive, grant.settled) = (state.session, state.isLive, state.settled)
    }
  }
}
