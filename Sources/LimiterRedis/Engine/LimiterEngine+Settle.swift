internal import Hiredis
package import LimiterCore
internal import RedisClient
package import NIOCore

extension LimiterEngine {
  /// A permit ends; the promise tells how, when Redis has answered. Sent again until then.
  ///
  /// - Parameters:
  ///   - windowLengths: lengths of the windows to which usage may be added, by key name.
  ///   - freed: the limits that get something back, for who waits for them in this process.
  package func settle(
    _ item: SettleBatch.Item, windowLengths: [String: Int64], freed: [LimitID],
    promise: EventLoopPromise<SettleOutcome>
  ) {
    eventLoop.preconditionInEventLoop()
    if isStopped {
      promise.fail(failure ?? EngineStopped())
      return
    }
    guard settlements.count < settings.settlements else {
      promise.fail(LaneFull(capacity: settings.settlements))
      return
    }
    nextSettlement += 1
    settlePromises[nextSettlement] = promise
    settlements.append(SettleQueue.Entry(id: nextSettlement, item: item, windowLengths: windowLengths))
    if !freed.isEmpty {
      promise.futureResult.assumeIsolated().whenSuccess { outcome in
        if outcome == .settled || outcome == .settledLate { self.released(freed) }
      }
    }
    sendSettlements()
  }

  /// A permit that nobody takes: as if it had never been granted.
  func giveBack(session: String, permit: String, grantedAt: ServerTime, needs: [LimitNeed]) {
    let item = SettleBatch.Item(
      session: session, permit: permit, grantedAt: grantedAt, ending: .settled(needs.map { _ in 0 }))
    end(item, freed: needs.map(\.limit).filter { !$0.isBudget }.map(\.id))
  }

  /// Ends a permit that no caller asks about. What Redis refuses is tried again, for as long as the permit's session lives: then it
  /// ends with that.
  package func end(_ item: SettleBatch.Item, freed: [LimitID]) {
    let promise = eventLoop.makePromise(of: SettleOutcome.self)
    promise.futureResult.assumeIsolated().whenFailure { [self] _ in
      guard case .open(item.session) = session.phase, !isStopping else { return }
      eventLoop.assumeIsolated().scheduleTask(in: .microseconds(settings.refusedPause)) {
        if !self.isStopping { self.end(item, freed: freed) }
      }
    }
    settle(item, windowLengths: [:], freed: freed, promise: promise)
  }

  private func sendSettlements() {
    guard let batch = settlements.next() else { return }
    send(batch)
  }

  private func send(_ batch: SettleBatch) {
    let call = SettleCodec.call(batch, keys: keys)
    evaluate(scripts.settle, call, deadline: eventLoop.now + .microseconds(settings.lane.answerTime)) { result in
      self.received(result, to: batch)
    }
  }

  private func received(_ result: Result<Reply, any Error>, to batch: SettleBatch) {
    do {
      let outcomes = try SettleCodec.answer(try result.get(), to: batch).outcomes
      let isRepeated = settlements.mayHaveRun
      for (entry, outcome) in zip(settlements.answered(), outcomes) {
        let id = HeldPermit.id(of: entry.item)
        // Held here and gone there: our own first copy has settled it.
        let told = outcome == .gone && isRepeated && held[id] != nil ? .settled : outcome
        // Refused, it is still held, and ends at its time.
        if told != .refused { endHold(id) }
        settlePromises.removeValue(forKey: entry.id)?.succeed(told)
      }
      sendSettlements()
    } catch {
      if isStopped { return }
      let failure = LaneFailure(error)
      if case .fatal = failure {
        // One permit's trouble is not that of those that were sent with it.
        if !settlements.separate() {
          for entry in settlements.answered() { settlePromises.removeValue(forKey: entry.id)?.fail(error) }
        }
        sendSettlements()
        return
      }
      events.trouble(error)
      var mayHaveRun = false
      if case .unknown = failure { mayHaveRun = true }
      let pause = TimeAmount.milliseconds(settlements.failed(mayHaveRun: mayHaveRun))
      eventLoop.assumeIsolated().scheduleTask(in: pause) {
        if !self.isStopped { self.send(self.settlements.batch) }
      }
    }
  }
}
