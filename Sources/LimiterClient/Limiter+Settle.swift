public import LimiterCore
internal import LimiterRedis
internal import NIOCore

extension Limiter {
  /// Replaces what a permit reserved by what was used. Once: a second settlement, from whatever process, changes nothing.
  ///
  /// - Returns: `settled`; `settledLate` when the permit had ended as abandoned and was charged as reserved until now; `gone`
  ///   when it is unknown or was settled before; `refused` when the permit was changed on its way.
  /// - Throws: ``LimiterError``: `invalidPermit`, also when an amount, or what it costs, is out of bounds: nothing has happened then;
  ///   `settlementPending` when Redis has not confirmed it in time: it is sent
  ///   until it does, as long as this limiter runs. `CancellationError` ends the waiting, not the settlement.
  /// - Complexity: one script call, shared with all settlements of the moment.
  @discardableResult
  public func settle(_ permit: Permit, _ usage: Usage) async throws -> SettleOutcome {
    try permit.check(usage)
    return try await end(permit, .settled(permit.charges(for: usage)))
  }

  /// The call was never sent: everything goes back.
  ///
  /// - Returns, throws: as ``settle(_:_:)``.
  @discardableResult
  public func cancel(_ permit: Permit) async throws -> SettleOutcome {
    try await end(permit, .settled(permit.reservations.map { _ in 0 }))
  }

  /// The outcome of the call is unknown, such as after a timeout: it stays charged as reserved, is listed as unsettled, and
  /// can still be settled later. Its slots are free.
  ///
  /// - Returns, throws: as ``settle(_:_:)``.
  @discardableResult
  public func abandon(_ permit: Permit) async throws -> SettleOutcome {
    try await end(permit, .abandoned)
  }

  /// Holds a permit for longer: it ends as abandoned `duration` from now. False when it is not held any more.
  ///
  /// Costs nothing in Redis: the session's heartbeat keeps all permits of a living process.
  public func renew(_ permit: Permit, for duration: Duration) async throws -> Bool {
    guard let item = permit.item(ending: .abandoned), duration > .zero, duration <= LimiterBounds.longestWindow else {
      throw LimiterError(.invalidPermit, "expected a permit, and a time of more than 0 and at most 31 days")
    }
    return try await eventLoop.submit {
      let engine = self.engine.value
      guard engine.isHeld(permit.id, session: item.session) else { return false }
      engine.hold(item, freed: permit.slots, until: engine.now + duration.microsecondsRoundedUp)
      return true
    }.get()
  }

  /// Whether a permit of this process is surely still its own. False after it was settled, after its hold, and when this
  /// process could not reach Redis, or was paused, for longer than its session lives: stop what the permit allowed then.
  public func isHeld(_ permit: Permit) async -> Bool {
    guard let place = permit.place else { return false }
    let held = try? await eventLoop.submit { self.engine.value.isHeld(permit.id, session: place.session) }
      .get()
    return held ?? false
  }

  func end(_ permit: Permit, _ ending: SettleBatch.Ending) async throws -> SettleOutcome {
    guard let item = permit.item(ending: ending) else {
      throw LimiterError(.invalidPermit, "expected the id of a permit, `<session>/<name>`")
    }
    let confirmed = eventLoop.makePromise(of: SettleOutcome.self)
    onLoop { engine in
      let timer = engine.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(self.settings.patience)) {
        confirmed.fail(
          LimiterError(.settlementPending, "Redis has not confirmed the settlement yet; it is sent until it does"))
      }
      engine.settle(item, windowLengths: permit.windowLengths(for: ending), freed: permit.freed(by: ending)) {
        timer.cancel()
        confirmed.completeWith($0)
      }
    }
    do {
      return try await withTaskCancellationHandler {
        try await confirmed.futureResult.get()
      } onCancel: {
        confirmed.fail(CancellationError())
      }
    } catch {
      throw LimiterError.translate(error, asked: .change)
    }
  }
}
