package import LimiterCore
internal import NIOCore

extension LimiterEngine {
  /// A permit ends; the promise tells how, when Redis has answered. Sent again until then.
  ///
  /// - Parameters:
  ///   - windowLengths: lengths of the windows to which usage may be added, by key name.
  ///   - freed: the limits that get something back, for who waits for them in this process.
  ///   - needs: what it has reserved; `nil`: as is known of what is held.
  package func settle(
    _ item: SettleBatch.Item, windowLengths: [String: Int64], freed: [LimitID], needs: [LimitNeed]? = nil,
    answered: @escaping (Result<SettleOutcome, any Error>) -> Void
  ) {
    eventLoop.preconditionInEventLoop()
    if isStopped {
      return answered(.failure(failure ?? EngineStopped()))
    }
    guard settlements.count < settings.settlements else {
      return answered(.failure(LaneFull(capacity: settings.settlements)))
    }
    if endLocally(item, freed: freed) { return answered(.success(.settled)) }
    let held = holds[item.id]
    settlements.append(
      Settlement(
        item, windowLengths: windowLengths, needs: needs ?? held?.permit.needs ?? [], freed: freed,
        until: held?.until ?? now, answered: answered))
    sendSettlements()
  }

  /// A permit that nobody takes: as if it had never been granted.
  ///
  /// - Parameter isGranted: whether it was, or only may have been.
  func giveBack(_ place: PermitPlace, grantedAt: ServerTime, needs: [LimitNeed], isGranted: Bool) {
    let item = SettleBatch.Item(
      session: place.session, permit: place.name, grantedAt: grantedAt, ending: .settled(needs.map { _ in 0 }))
    end(
      item, freed: needs.map(\.limit).filter { !$0.isBudget }.map(\.id), needs: isGranted ? needs : [])
  }

  /// Ends a permit that no caller asks about. What Redis refuses is tried again, for as long as the permit's session lives: then it
  /// ends with that.
  package func end(_ item: SettleBatch.Item, freed: [LimitID], needs: [LimitNeed]? = nil) {
    settle(item, windowLengths: [:], freed: freed, needs: needs) { [self] result in
      guard case .failure = result, case .open(item.session) = session.phase, !isStopping else { return }
      eventLoop.assumeIsolated().scheduleTask(in: .microseconds(settings.refusedPause)) {
        if !self.isStopping { self.end(item, freed: freed, needs: needs) }
      }
    }
  }

  func sendSettlements() {
    guard canSettle, let batch = settlements.next() else { return }
    send(batch)
  }

  /// Nothing is settled that Redis may not know yet.
  var canSettle: Bool {
    if case .open = session.phase {
      degraded == nil && !untold.isTelling && !untold.isDoubted && untold.forgotten.isEmpty
    } else {
      false
    }
  }

  /// Redis decides again.
  func resumeSettlements() {
    if settlements.isParked { send(settlements.batch) } else { sendSettlements() }
  }

  /// The batch in flight once more, or as soon as Redis decides again.
  private func sendAgain() {
    guard !isStopped else { return }
    if canSettle { send(settlements.batch) } else { settlements.isParked = true }
  }

  private func send(_ batch: SettleBatch) {
    settlements.isParked = false
    var batch = batch
    batch.epoch = session.epoch
    if !untold.moved.isEmpty {
      for (index, item) in batch.items.enumerated() {
        guard let place = untold.moved[item.id] else { continue }
        batch.items[index] = SettleBatch.Item(
          session: place.session, permit: place.name, grantedAt: item.grantedAt, ending: item.ending, id: item.id)
      }
    }
    store.settle(batch, deadline: answerDeadline) { self.received($0) }
  }

  /// A permit of which nobody but this process knows, and that has no money: what it has taken of windows stays taken.
  private func endLocally(_ item: SettleBatch.Item, freed: [LimitID]) -> Bool {
    guard let permit = untold.permits[item.id], !permit.needs.contains(where: { $0.limit.isBudget }) else {
      return false
    }
    untold.permits.remove(item.id)
    recent.append(
      Settlement(item, needs: permit.needs, freed: freed, until: holds[item.id]?.until ?? now),
      over: store.connections, at: now)
    endHold(item.id)
    released(freed)
    return true
  }

  /// Tells who asked; what was given back is offered to who waits for it here.
  private func settled(_ settlement: Settlement, _ result: Result<SettleOutcome, any Error>) {
    guard let answered = settlement.take() else { return }
    if !settlement.freed.isEmpty, case .success(let outcome) = result, outcome == .settled || outcome == .settledLate {
      released(settlement.freed)
    }
    answered(result)
  }

  /// Redis has ended it, and may forget that.
  private func remember(_ settlement: Settlement, _ outcome: SettleOutcome) {
    switch outcome {
    case .settled, .settledLate:
      if case .settled(let amounts) = settlement.item.ending {
        share.settled(settlement.needs, as: amounts, at: serverNow)
      }
    // A copy that the network has made has ended it, or somebody else.
    case .gone where isOurs(settlement): break
    case .gone, .refused: return
    }
    recent.append(settlement, over: store.connections, at: now)
  }

  /// Whether this process holds it, or has seen its time end and knows no settlement.
  private func isOurs(_ settlement: Settlement) -> Bool {
    holds.isHeld(settlement.item.id) || (!settlement.isAgain && recent.isAbandoned(settlement.item.id))
  }

  private func received(_ result: Result<[SettleOutcome]?, any Error>) {
    do {
      guard let outcomes = try result.get() else {
        // The state was lost, and whether this is the first to see it, the session tells.
        settlements.isParked = true
        if case .open(let id) = session.phase {
          lookAtState(of: id) { [self] in if canSettle { resumeSettlements() } }
        }
        return
      }
      let isRepeated = settlements.mayHaveRun
      var isDoubted = false
      for (settlement, outcome) in zip(settlements.answered(), outcomes) {
        let id = settlement.item.id
        // It came before Redis was told of its permit again.
        if (!untold.again.isEmpty && untold.again.remove(id) != nil) || isForgotten(settlement.item), outcome == .gone {
          settlements.putBack(settlement)
          continue
        }
        // It is ours, and was never settled: if Redis has forgotten it, its lane finds that now, and tells it.
        if outcome == .gone, !isRepeated, !settlement.isDoubted, isOurs(settlement) {
          isDoubted = true
          settlement.isDoubted = true
          settlements.putBack(settlement)
          continue
        }
        // Held here and gone there: our own first copy has settled it.
        let told = outcome == .gone && isRepeated && holds.isHeld(id) ? .settled : outcome
        if !settlement.isAgain { remember(settlement, told) }
        // Refused, it is still held, and ends at its time.
        if told != .refused { endHold(id) }
        settled(settlement, .success(told))
      }
      if isDoubted { doubtMemory() }
      sendSettlements()
    } catch {
      if isStopped { return }
      let failure = LaneFailure(error)
      if case .fatal = failure {
        noteRefusal(error)
        // One permit's trouble is not that of those that were sent with it.
        if !settlements.separate() {
          for settlement in settlements.answered() { settled(settlement, .failure(error)) }
        }
        sendSettlements()
        return
      }
      events.trouble(error)
      lookForOrphansLater()
      var mayHaveRun = false
      if case .unknown = failure { mayHaveRun = true }
      let pause = TimeAmount.milliseconds(settlements.failed(mayHaveRun: mayHaveRun))
      eventLoop.assumeIsolated().scheduleTask(in: pause) { self.sendAgain() }
    }
  }
}
