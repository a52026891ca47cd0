internal import Hiredis
package import LimiterCore
internal import RedisClient
package import NIOCore

extension LimiterEngine {
  /// A permit ends; the promise tells how, when Redis has answered. Sent again until then.
  ///
  /// - Parameters:
  ///   - windowLengths: lengths of the windows to which usage may be added, by key name.
  ///   - slots: the concurrency limits that get free slots, for who waits for them in this process.
  package func settle(
    _ item: SettleBatch.Item, windowLengths: [String: Int64], slots: [LimitID],
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
    if !slots.isEmpty {
      promise.futureResult.assumeIsolated().whenSuccess { _ in self.released(slots) }
    }
    sendSettlements()
  }

  /// A grant that nobody waits for any more: as if it had never been.
  func giveBack(_ grant: WaiterGrant) {
    let item = SettleBatch.Item(
      session: grant.session, permit: grant.permit, grantedAt: grant.grantedAt,
      ending: .settled(grant.needs.map { _ in 0 }))
    let slots = grant.needs.map(\.limit).filter(\.isConcurrency).map(\.id)
    settle(item, windowLengths: [:], slots: slots, promise: eventLoop.makePromise())
  }

  private func sendSettlements() {
    guard let batch = settlements.next() else { return }
    send(batch)
  }

  private func send(_ batch: SettleBatch) {
    let call = SettleCodec.call(batch, keys: keys)
    let promise = eventLoop.makePromise(of: Reply.self)
    client.evaluate(
      scripts.settle, keys: call.keys, arguments: call.arguments,
      deadline: eventLoop.now + .microseconds(settings.lane.answerTime), promise: promise)
    promise.futureResult.assumeIsolated().whenComplete { result in self.received(result, to: batch) }
  }

  private func received(_ result: Result<Reply, any Error>, to batch: SettleBatch) {
    do {
      let outcomes = try SettleCodec.answer(try result.get(), to: batch).outcomes
      for (entry, outcome) in zip(settlements.answered(), outcomes) {
        // Refused, it is still held, and ends at its time.
        if outcome != .refused { endHold(HeldPermit.id(of: entry.item)) }
        settlePromises.removeValue(forKey: entry.id)?.succeed(outcome)
      }
      sendSettlements()
    } catch {
      if isStopped { return }
      if case .fatal = LaneFailure(error) {
        for entry in settlements.answered() { settlePromises.removeValue(forKey: entry.id)?.fail(error) }
        sendSettlements()
        return
      }
      events.trouble(error)
      let pause = TimeAmount.milliseconds(settlements.failed())
      eventLoop.assumeIsolated().scheduleTask(in: pause) {
        if !self.isStopped { self.send(self.settlements.batch) }
      }
    }
  }
}
