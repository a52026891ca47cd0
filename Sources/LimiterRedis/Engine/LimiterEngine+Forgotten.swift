internal import LimiterCore

/// Redis has lost the last part of its state: a replica took over that was behind, or its machine died before all was on its disk.
///
/// Each batch says which operation of its lane Redis has surely remembered. A Redis that does not know that one has forgotten all that the
/// lane was granted since its own last operation. All of that is told again, with what it has taken of windows and budgets: what is held, what
/// was settled meanwhile, which is settled again, and what was only counted (``RecentUse``).
extension LimiterEngine {
  /// Redis may be another one than it was: each lane asks whether it remembers, also where nobody waits, and whether the last settlement is
  /// of each connection is known is seen by sending it again: one that was settled since says nothing of what was before. What came before that is
  /// known if it is, unless its permit is forgotten, too.
  func doubtMemory() {
    untold.isDoubted = true
    for lane in lanesInOrder {
      with(lane) { $0.doubtMemory(at: now) }
    }
    for last in recent.lastOfConnections {
      settleAgain(last) { [self] outcome in
        if outcome == .settled || outcome == .settledLate { settleAgain { _ in true } }
      }
    }
    lanesAnswered()
  }

  /// When all lanes know whether Redis remembers them, settlements go on: one that comes before would find no permit where it is told next.
  ///
  /// - Parameter isRefused: one of them gets no answer, for a reason that Redis tells: nothing waits for that.
  func lanesAnswered(isRefused: Bool = false) {
    guard untold.isDoubted, isRefused || !lanesInOrder.contains(where: { Self.isAskingMemory(&$0.machine) }) else {
      return
    }
    untold.isDoubted = false
    if canSettle { resumeSettlements() }
  }

  /// See ``nextTick(of:)``.
  private static func isAskingMemory(_ machine: inout LaneMachine) -> Bool { machine.isAskingMemory }

  /// Redis knows the session, and of a lane no operation after the last. Whether it has lost more than that the session tells.
  func foundForgotten(of lane: String, _ operations: ForgottenOperations, in id: String) {
    untold.forgotten[lane, default: operations].join(operations)
    session.askedAt = session.askedAt ?? now
    watchAnswers()
    lookAtState(of: id) { [self] in
      guard let operations = untold.forgotten[lane] else { return }
      let permits = forgottenPermits(of: lane, operations, in: id)
      let counts = recent.counts.filter {
        $0.session == id && $0.lane == lane && operations.contains($0.operation)
      }
      untold.forgotten[lane] = nil
      untold.again.formUnion(permits.map(\.id))
      events.forgotten(lane, permits.count)
      var all = Announcement()
      all.permits = permits
      all.windows = windows(of: permits, counts)
      addBudgets(of: permits, to: &all)
      if !all.isEmpty { untold.parts += all.parts(of: UntoldState.partSize).map { ($0, false) } }
      // A settlement that was forgotten leaves its permit.
      lookForOrphansLater()
      untold.settlesAgain = true
      tell(id, hasLostState: false)
    }
  }

  /// Whether Redis does not know that it has granted a permit, and is not told yet.
  func isForgotten(_ item: SettleBatch.Item) -> Bool {
    guard !untold.forgotten.isEmpty, case .open(item.session) = session.phase else { return false }
    return untold.forgotten.contains { Self.isGranted(item, in: $0, by: $1) }
  }

  private static func isGranted(_ item: SettleBatch.Item, in lane: String, by operations: ForgottenOperations) -> Bool {
    AcquireBatch.operation(ofPermit: item.permit, in: lane).map(operations.contains) ?? false
  }

  /// What is held, what is being settled, and what was settled since.
  private func forgottenPermits(
    of lane: String, _ operations: ForgottenOperations, in id: String
  ) -> [Announcement.Permit] {
    // These are told in any case.
    let untold = Set(untold.permitIDs)
    func permit(_ item: SettleBatch.Item, _ needs: [LimitNeed], until end: Int64) -> Announcement.Permit? {
      guard item.session == id, Self.isGranted(item, in: lane, by: operations), !untold.contains(item.id) else {
        return nil
      }
      return told(item, needs, until: end)
    }
    var permits: [String: Announcement.Permit] = [:]
    for settlement in recent.settlements + settlements.all where !settlement.needs.isEmpty {
      permits[settlement.item.id] = permit(settlement.item, settlement.needs, until: settlement.until)
    }
    for (held, until) in holds.all { permits[held.item.id] = permit(held.item, held.needs, until: until) }
    return permits.values.sorted { $0.id < $1.id }
  }

  /// What permits and counts have taken of windows, at their time. Those of one time are one entry: there each of them finds what it has to
  /// give back.
  private func windows(of permits: [Announcement.Permit], _ counts: [RecentUse.Count]) -> [Announcement.Window] {
    var windows: [String: (length: Int64, amounts: [Int64: Int64])] = [:]
    func add(_ amount: Int64, of limit: EffectiveLimit, at time: ServerTime) {
      guard case .window(_, let length) = limit.allowance, amount > 0 else { return }
      windows[limit.keyName, default: (length, [:])].amounts[time.microseconds, default: 0] += amount
    }
    for permit in permits {
      for need in permit.needs { add(need.amount, of: need.limit, at: permit.grantedAt) }
    }
    for count in counts {
      for (limit, amount) in count.amounts { add(amount, of: limit, at: count.decidedAt) }
    }
    return windows.sorted { $0.key < $1.key }.map { name, window in
      let entries = window.amounts.sorted { $0.key < $1.key }.map { Announcement.Entry(stamp: $0, amount: $1) }
      return Announcement.Window(name: name, length: window.length, entries: entries)
    }
  }

  /// Settlements may be forgotten, with their permits or without: those that Redis knows change nothing.
  func settleAgain(where isMeant: (SettleBatch.Item) -> Bool) {
    for settlement in Array(recent.settlements) where isMeant(settlement.item) { settleAgain(settlement) }
  }

  /// Whoever asked for it has its answer, and this process has counted it.
  private func settleAgain(_ settlement: Settlement, answered: @escaping (SettleOutcome?) -> Void = { _ in }) {
    settlements.append(settlement.again(answered))
    sendSettlements()
  }
}
