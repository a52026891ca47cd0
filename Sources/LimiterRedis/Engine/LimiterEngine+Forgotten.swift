internal import LimiterCore

/// Redis has lost the last part of its state: a replica took over that was behind, or its machine died before all was on its disk.
///
/// Each batch says which operation of its lane Redis has surely remembered. A Redis that does not know that one has forgotten all that the
/// lane was granted since its own last operation: what of that is still held is told again, with what it has taken of windows and budgets.
/// What was only counted, or settled already, is held by nobody and stays forgotten.
extension LimiterEngine {
  /// Redis may be another one than it was: each lane asks whether it remembers, also where nobody waits.
  func doubtMemory() {
    for lane in lanesInOrder {
      with(lane) { $0.doubtMemory(at: now) }
    }
  }

  /// Redis knows the session, and of a lane no operation after the last. Whether it has lost more than that the session tells.
  func foundForgotten(of lane: String, after last: Int64, in id: String) {
    untold.forgotten[lane] = min(untold.forgotten[lane] ?? last, last)
    session.askedAt = session.askedAt ?? now
    watchAnswers()
    lookAtState(of: id) { [self] in
      guard untold.forgotten[lane] != nil else { return }
      let permits = forgottenPermits(of: lane, in: id)
      untold.forgotten[lane] = nil
      untold.again.formUnion(permits.map(\.id))
      events.forgotten(lane, permits.count)
      var all = Announcement()
      all.permits = permits
      all.windows = windows(of: permits)
      addBudgets(of: permits, to: &all)
      if !all.isEmpty { untold.parts += all.parts(of: UntoldState.partSize).map { ($0, false) } }
      // A settlement that was forgotten leaves its permit.
      lookForOrphansLater()
      tell(id, hasLostState: false)
    }
  }

  /// Whether Redis does not know that it has granted a permit, and is not told yet.
  func isForgotten(_ item: SettleBatch.Item) -> Bool {
    guard !untold.forgotten.isEmpty, case .open(item.session) = session.phase else { return false }
    return untold.forgotten.contains { lane, last in
      AcquireBatch.operation(ofPermit: item.permit, in: lane).map { $0 > last } ?? false
    }
  }

  private func forgottenPermits(of lane: String, in id: String) -> [Announcement.Permit] {
    holds.all.compactMap { held, until in
      let item = held.item
      guard isForgotten(item), AcquireBatch.operation(ofPermit: item.permit, in: lane) != nil else { return nil }
      return Announcement.Permit(
        id: item.id, grantedAt: item.grantedAt, holdUntil: session.clock.estimate(at: until), needs: held.needs)
    }.sorted { $0.id < $1.id }
  }

  /// What permits have taken of windows, at their time.
  private func windows(of permits: [Announcement.Permit]) -> [Announcement.Window] {
    var windows: [String: Announcement.Window] = [:]
    for (permit, need) in permits.flatMap({ permit in permit.needs.map { (permit, $0) } }) where need.amount > 0 {
      guard case .window(_, let length) = need.limit.allowance else { continue }
      let name = need.limit.keyName
      windows[name, default: Announcement.Window(name: name, length: length, entries: [])].entries.append(
        Announcement.Entry(stamp: permit.grantedAt.microseconds, amount: need.amount))
    }
    return windows.values.sorted { $0.name < $1.name }
  }
}
