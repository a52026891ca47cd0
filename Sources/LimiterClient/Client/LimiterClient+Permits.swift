public import LimiterCore

extension LimiterClient {
  /// Asks for a permit: all limits of the request, or none.
  ///
  /// - Parameters:
  ///   - request: the call that is to be made.
  ///   - longest: how long to wait for room, at most 31 days; zero: it is decided once. A call whose limits will not have room by then is
  ///     denied at once, and so is one that a budget stops.
  /// - Returns: a permit, which must be settled, or a denial with the numbers.
  /// - Throws: ``LimiterError``; `CancellationError` when the task is cancelled: nothing is left behind then, at whatever
  ///   point it happens. While limiterd or Redis is away a call waits for it, for its own time and the settings' `patience`.
  /// - Complexity: one script call, shared with all calls of the moment: those of this process, or those of all processes of its limiterd.
  public func acquire(
    _ request: AdmissionRequest, waitingUpTo longest: Duration = .seconds(60)
  ) async throws -> Decision {
    try await backend.acquire(request, waitingUpTo: longest)
  }

  /// Counts a call in its windows, and keeps no permit: what it needs cannot be given back or corrected. For calls that meet nothing but windows,
  /// and whose amounts are known before.
  ///
  /// - Parameters:
  ///   - request: the call that is to be made; its `hold` is left aside.
  ///   - longest: as of ``acquire(_:waitingUpTo:)``.
  /// - Throws: ``LimiterError``, with the code `invalidRequest` where a limit is no window; `CancellationError` when the task is cancelled: what was
  ///   admitted in that moment stays counted. While limiterd or Redis is away it waits as ``acquire(_:waitingUpTo:)`` does.
  /// - Complexity: one script call, shared with all calls of the moment, and less work in it than for a permit; no settlement. A decision that
  ///   Redis made and that was never heard of stays counted: without a permit nobody can give it back.
  public func admit(
    _ request: AdmissionRequest, waitingUpTo longest: Duration = .seconds(60)
  ) async throws -> Admission {
    try await backend.admit(request, waitingUpTo: longest)
  }

  /// Replaces what a permit reserved by what was used. Once: a second settlement, from whatever process, changes nothing.
  ///
  /// - Returns: `settled`; `settledLate` when the permit had ended as abandoned and was charged as reserved until now; `gone`
  ///   when it is unknown or was settled before; `refused` when the permit was changed on its way. A settlement whose answer was
  ///   lost with the connection and that is `gone` when it is sent again was the first: it is told as `settled`.
  /// - Throws: ``LimiterError``: `invalidPermit`, also when an amount, or what it costs, is out of bounds: nothing has happened then;
  ///   `settlementPending` when it was not confirmed in time: it is sent
  ///   until it is, as long as this client runs. `CancellationError` ends the waiting, not the settlement.
  /// - Complexity: one script call, shared with all settlements of the moment.
  @discardableResult
  public func settle(_ permit: Permit, _ usage: Usage) async throws -> SettleOutcome {
    try await backend.settle(permit, usage)
  }

  /// The call was never sent: everything goes back.
  ///
  /// - Returns, throws: as ``settle(_:_:)``.
  @discardableResult
  public func cancel(_ permit: Permit) async throws -> SettleOutcome { try await backend.cancel(permit) }

  /// The outcome of the call is unknown, such as after a timeout: it stays charged as reserved, is listed as unsettled, and
  /// can still be settled later. Its slots are free.
  ///
  /// - Returns, throws: as ``settle(_:_:)``.
  @discardableResult
  public func abandon(_ permit: Permit) async throws -> SettleOutcome { try await backend.abandon(permit) }

  /// Holds a permit for longer: it ends as abandoned `duration` from now, at most 31 days. Costs nothing in Redis.
  ///
  /// - Returns: until when it is held now, for its `validUntil`; `nil`: it is not held any more. Stop what it allowed then.
  /// - Throws: ``LimiterError``: `invalidPermit`, also for a time of zero or less, or beyond 31 days; `limiterdUnavailable`, after which it may be
  ///   renewed or not. `CancellationError`: the same.
  public func renew(_ permit: Permit, for duration: Duration) async throws -> ContinuousClock.Instant? {
    let asked = ContinuousClock.now
    // No later than whoever keeps it ends it.
    return try await backend.renew(permit, for: duration) ? asked + duration : nil
  }

  /// Whether a permit of this process is surely still its own. False after it was settled, after its hold, and when nobody could
  /// reach Redis for longer than a session lives; also while limiterd does not answer. Costs nothing in Redis.
  public func isHeld(_ permit: Permit) async -> Bool { await backend.isHeld(permit) }

  /// Makes a call under a permit, and settles it.
  ///
  /// Whoever takes longer than the permit's hold (10 minutes, unless the request or the policy says otherwise) is not stopped: the permit ends as
  /// abandoned, so its slots are free for others, and it is charged as reserved until `body` ends; then that is corrected to what was used. Ask for a
  /// longer `hold`, or ``renew(_:for:)`` it from inside of `body`.
  ///
  /// - Parameters:
  ///   - request: the call.
  ///   - longest: how long to wait for room; zero: it is decided once.
  ///   - body: makes the call and says what it used. If it throws ``CallNotSent``, the permit is given back; if it throws
  ///     anything else, cancellation included, nobody knows what the provider did: the permit stays charged as reserved.
  /// - Returns: what `body` returned, or the denial.
  /// - Throws: what `body` throws; what ``acquire(_:waitingUpTo:)`` throws. A settlement that was not confirmed in time
  ///   is no error here: it is sent until it is. Nor is a usage that is out of bounds: the permit stays charged as reserved, and the log
  ///   has a warning.
  public func withPermit<Value>(
    _ request: AdmissionRequest, waitingUpTo longest: Duration = .seconds(60),
    _ body: (Permit) async throws -> (Value, Usage)
  ) async throws -> PermitOutcome<Value> {
    try await backend.withPermit(request, waitingUpTo: longest, body)
  }

  /// What is used of the limits that a request would meet, in the order of the policy. It changes nothing.
  ///
  /// - Throws: ``LimiterError``: `invalidRequest` for a request that would not be decided on, whatever it needs; `CancellationError`.
  /// - Complexity: one script call.
  public func usage(of request: AdmissionRequest) async throws -> [LimitStatus] {
    try await backend.usage(of: request)
  }

  /// Why a request would wait or be denied, limit by limit. It changes nothing.
  ///
  /// - Throws: ``LimiterError``; `CancellationError`.
  /// - Complexity: two script calls; three before the session in Redis is open.
  public func explain(_ request: AdmissionRequest) async throws -> Explanation {
    try await backend.explain(request)
  }
}
