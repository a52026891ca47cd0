internal import LimiterCore
internal import NIOCore

/// Permits that stand in Redis and that nobody holds.
///
/// A settlement that Redis has confirmed and then lost, as with a failover to a replica that was behind, leaves its permit: its slots would
/// stay taken as long as this process lives. So after trouble with Redis the permits of the session are looked at, twice: what stands there
/// both times and is neither held nor being settled ends as it has ended before, or, where nobody knows that, as abandoned, charged as
/// reserved. It goes on as long as there is one that nobody
/// knows, and begins again when there was trouble meanwhile. Nothing need have been under way when a connection was lost, and a network that
/// doubles requests makes no trouble at all: so heartbeats look, too, after each new connection and now and then.
extension LimiterEngine {
  /// Redis gave no answer to something, or an error: it may be another one when it answers again.
  func lookForOrphansLater() {
    guard !isStopping else { return }
    if isLookingForOrphans {
      looksForOrphansAgain = true
      return
    }
    isLookingForOrphans = true
    looksForOrphansAgain = false
    schedule(in: settings.orphanPause) { self.lookForOrphans(after: []) }
  }

  /// After a heartbeat.
  func lookForOrphansNowAndThen() {
    session.heartbeats += 1
    let connections = store.connections
    guard connections != session.connections || session.heartbeats % settings.orphanHeartbeats == 0 else { return }
    if connections != session.connections { doubtMemory() }
    session.connections = connections
    lookForOrphansLater()
  }

  private func schedule(in time: Int64, _ task: @escaping () -> Void) {
    eventLoop.assumeIsolated().scheduleTask(in: .microseconds(time), task)
  }

  private func lookForOrphans(after suspects: Set<String>) {
    guard !isStopping, case .open(let id) = session.phase, degraded == nil, !untold.isTelling else {
      isLookingForOrphans = false
      // Whatever comes next opens or recovers, and looks again.
      if !isStopping, !isStopped { lookForOrphansLater() }
      return
    }
    let knownBefore = knownPermits(of: id)
    store.permits(of: id, deadline: answerDeadline) { [self] result in
      guard case .success(let names) = result, case .open(id) = session.phase else {
        isLookingForOrphans = false
        return lookForOrphansLater()
      }
      // What was settled meanwhile, and what was granted meanwhile.
      let known = knownBefore.union(knownPermits(of: id))
      let unknown = Set(names.filter { !known.contains($0) })
      let found = unknown.intersection(suspects)
      for name in found.sorted() { endOrphan(name, of: id) }
      let rest = unknown.subtracting(found)
      if !rest.isEmpty {
        // What is under way now is known the next time.
        return schedule(in: settings.orphanPause + 2 * settings.lane.answerTime) { self.lookForOrphans(after: rest) }
      }
      isLookingForOrphans = false
      if looksForOrphansAgain { lookForOrphansLater() }
    }
  }

  /// The names in this session of what is held, being settled, or may be granted at this moment.
  private func knownPermits(of session: String) -> Set<String> {
    var known: Set<String> = []
    for (permit, _) in holds.all {
      known.insert(permit.item.permit)
      if let place = untold.moved[permit.item.id], place.session == session { known.insert(place.name) }
    }
    for item in settlements.all.map(\.item) where item.session == session || untold.moved[item.id] != nil {
      known.insert(untold.moved[item.id]?.name ?? item.permit)
    }
    // It may have been adopted already, and its holder has not been told.
    adopting = adopting.filter { $0.value > now }
    for place in adopting.keys { known.insert(place.session == session ? place.name : place.id) }
    for lane in lanesInOrder { known.formUnion(lane.machine.permitsInFlight(of: session)) }
    return known
  }

  private func endOrphan(_ name: String, of session: String) {
    let id = SettleBatch.Item.id(session: session, permit: name)
    func isIt(_ item: SettleBatch.Item) -> Bool {
      let place = untold.moved[item.id] ?? PermitPlace(session: item.session, name: item.permit)
      return place == PermitPlace(session: session, name: name)
    }
    if recent.settlements.contains(where: { isIt($0.item) }) { return settleAgain(where: isIt) }
    events.orphanEnded(id)
    let item = SettleBatch.Item(session: session, permit: name, grantedAt: serverNow, ending: .abandoned)
    end(item, freed: [])
  }
}
