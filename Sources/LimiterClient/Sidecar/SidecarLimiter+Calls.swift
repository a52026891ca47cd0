internal import Hiredis
package import LimiterCore
internal import NIOCore

extension SidecarLimiter {
  package func acquire(
    _ request: AdmissionRequest, waitingUpTo longest: Duration, patience: Duration?
  ) async throws -> Decision {
    try check(request, longest)
    let decision = try await ask { core, promise in
      core.acquire(request, longest: longest, patience: patience, promise: promise)
    }
    // Granted in the same moment: the caller will not look at it.
    if Task.isCancelled, case .granted(let permit) = decision {
      onLoop { core in
        core.held.remove(permit.id)
        core.giveBack(permit.id)
      }
      throw CancellationError()
    }
    return decision
  }

  package func admit(_ request: AdmissionRequest, waitingUpTo longest: Duration) async throws -> Admission {
    var request = request
    request.hold = nil
    try check(request, longest)
    return try await ask { [request] core, promise in core.admit(request, longest: longest, promise: promise) }
  }

  package func settle(_ permit: Permit, _ usage: Usage) async throws -> SettleOutcome {
    try permit.check(usage)
    return try await end(permit, WorkerWords.settle(permit.id, usage))
  }

  package func cancel(_ permit: Permit) async throws -> SettleOutcome {
    try await end(permit, ["CANCEL", CommandArgument(permit.id)])
  }

  package func abandon(_ permit: Permit) async throws -> SettleOutcome {
    try await end(permit, ["ABANDON", CommandArgument(permit.id)])
  }

  package func renew(_ permit: Permit, for duration: Duration) async throws -> Bool {
    guard duration > .zero, duration <= LimiterBounds.longestWindow else {
      throw LimiterError(.invalidPermit, "expected a permit, and a time of more than 0 and at most 31 days")
    }
    let milliseconds = WorkerWords.milliseconds(duration)
    let isHeld =
      try await query(["RENEW", CommandArgument(permit.id), "HOLD", CommandArgument(milliseconds)], .holding)
      == .integer(1)
    if isHeld { onLoop { $0.held.renew(permit.id, until: .now() + .milliseconds(milliseconds)) } }
    return isHeld
  }

  package func isHeld(_ permit: Permit) async -> Bool {
    // That its caller is cancelled says nothing of the permit.
    await Task { (try? await query(["HELD", CommandArgument(permit.id)], .holding)) == .integer(1) }.value
  }

  package func usage(of request: AdmissionRequest) async throws -> [LimitStatus] {
    // What a call needs nothing of is of interest, too.
    var asked = request
    asked.amounts = Amounts(requests: 1, inputTokens: 1, outputTokens: 1, tokens: 1, nanodollars: 1)
    let reply = try await query(WorkerWords.call("PEEK", asked))
    return try WorkerReply(reply, "an answer to PEEK").list("limits").map { try $0.status() }
  }

  package func explain(_ request: AdmissionRequest) async throws -> Explanation {
    try check(request)
    let reply = try await query(WorkerWords.call("EXPLAIN", request))
    return try WorkerReply(reply, "an answer to EXPLAIN").explanation()
  }

  private func check(_ request: AdmissionRequest, _ longest: Duration) throws {
    try check(request)
    guard longest >= .zero else {
      throw LimiterError(.invalidRequest, "expected a time to wait of zero or more, got \(longest)")
    }
  }

  /// What the protocol cannot say; limiterd checks the rest.
  private func check(_ request: AdmissionRequest) throws {
    guard request.amounts.requests == 1 else {
      throw LimiterError(.invalidRequest, "expected 1 request, got \(request.amounts.requests): limiterd counts calls")
    }
    if let hold = request.hold, hold <= .zero || hold > LimiterBounds.longestWindow {
      throw LimiterError(.invalidRequest, "hold is out of bounds: expected more than 0 and at most 31 days")
    }
  }

  private func end(_ permit: Permit, _ words: [CommandArgument]) async throws -> SettleOutcome {
    guard permit.place != nil else {
      throw LimiterError(.invalidPermit, PermitPlace.expected)
    }
    let promise = eventLoop.makePromise(of: SettleOutcome.self)
    onLoop { $0.settle(permit.id, words, promise: promise) }
    return try await withTaskCancellationHandler {
      try await promise.futureResult.get()
    } onCancel: {
      promise.fail(CancellationError())
    }
  }

  /// Waits for an answer for as long as the settings' patience.
  func query(_ words: [CommandArgument], _ kind: SidecarCommand.Kind = .query) async throws -> Reply {
    try await ask { core, promise in
      core.submit(
        kind, failsAt: core.eventLoop.now + TimeAmount(core.settings.patience), words: { _, _ in words },
        completion: { promise.completeWith($1) })
    }
  }

  /// Asks on the loop and waits; cancelled, the command is withdrawn by its tag.
  private func ask<Answer: Sendable>(
    _ begin: @escaping @Sendable (SidecarCore, EventLoopPromise<Answer>) -> Int64?
  ) async throws -> Answer {
    try Task.checkCancellation()
    let promise = eventLoop.makePromise(of: Answer.self)
    let ticket = NIOLoopBoundBox<Ticket>.makeBoxSendingValue(.new, eventLoop: eventLoop)
    return try await withTaskCancellationHandler {
      onLoop { core in
        guard case .new = ticket.value else { return promise.fail(CancellationError()) }
        ticket.value = .asked(begin(core, promise))
      }
      return try await promise.futureResult.get()
    } onCancel: {
      onLoop { core in
        if case .asked(let tag?) = ticket.value { core.drop(tag, failing: CancellationError()) }
        ticket.value = .cancelled
      }
    }
  }
}

/// How far a call has come.
private enum Ticket {
  case new
  case asked(Int64?)
  case cancelled
}
