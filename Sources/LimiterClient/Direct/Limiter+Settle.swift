package import LimiterCore
internal import LimiterRedis
internal import NIOCore

extension Limiter {
  @discardableResult
  package func settle(_ permit: Permit, _ usage: Usage) async throws -> SettleOutcome {
    try permit.check(usage)
    return try await end(permit, .settled(permit.charges(for: usage)))
  }

  @discardableResult
  package func cancel(_ permit: Permit) async throws -> SettleOutcome {
    try await end(permit, .settled(permit.reservations.map { _ in 0 }))
  }

  @discardableResult
  package func abandon(_ permit: Permit) async throws -> SettleOutcome {
    try await end(permit, .abandoned)
  }

  package func renew(_ permit: Permit, for duration: Duration) async throws -> Bool {
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

  package func isHeld(_ permit: Permit) async -> Bool {
    guard let place = permit.place else { return false }
    let held = try? await eventLoop.submit { self.engine.value.isHeld(permit.id, session: place.session) }
      .get()
    return held ?? false
  }

  func end(_ permit: Permit, _ ending: SettleBatch.Ending) async throws -> SettleOutcome {
    guard let item = permit.item(ending: ending) else {
      throw LimiterError(.invalidPermit, PermitPlace.expected)
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
