package import LimiterCore
internal import LimiterRedis
internal import NIOCore

extension Limiter {
  package func acquire(
    _ request: AdmissionRequest, waitingUpTo longest: Duration, patience: Duration?
  ) async throws -> Decision {
    try check(request, longest)
    let hold = (request.hold ?? settings.policy.hold).microsecondsRoundedUp
    let price = resolver.policy.models[request.model]?.price
    let call = AcquireCall(
      self, request, longest: longest, patience: patience, hold: hold, denied: Decision.denied
    ) { grant, engine in
      .granted(Self.keep(grant, for: request, price: price, hold: hold, on: engine))
    }
    let decision = try await ask(call)
    // Granted in the same moment: the caller will not look at it.
    if Task.isCancelled, case .granted(let permit) = decision {
      giveBack(permit)
      throw CancellationError()
    }
    return decision
  }

  package func admit(
    _ request: AdmissionRequest, waitingUpTo longest: Duration = .seconds(60)
  ) async throws -> Admission {
    var request = request
    request.hold = nil
    try check(request, longest)
    if let limit = resolver.limitThatNeedsPermit(request, at: ServerTime(microseconds: 0)) {
      throw LimiterError.needsPermit(limit)
    }
    let call = AcquireCall(
      self, request, longest: longest, patience: nil, hold: nil, denied: Admission.denied
    ) { grant, _ in
      .admitted(at: grant.grantedAt, isDegraded: grant.isDegraded)
    }
    return try await ask(call)
  }

  private func check(_ request: AdmissionRequest, _ longest: Duration) throws {
    if let problem = resolver.problem(with: request) {
      throw LimiterError(.invalidRequest, problem.description)
    }
    guard longest >= .zero else {
      throw LimiterError(.invalidRequest, "expected a time to wait of zero or more, got \(longest)")
    }
    try Task.checkCancellation()
  }

  private func ask<Answer: Sendable>(_ call: AcquireCall<Answer>) async throws -> Answer {
    do {
      return try await withTaskCancellationHandler {
        onLoop { call.begin(on: $0) }
        return try await call.promise.futureResult.get()
      } onCancel: {
        onLoop { call.cancel(on: $0) }
      }
    } catch {
      throw LimiterError.translate(error, asked: .call)
    }
  }

  private static func keep(
    _ grant: WaiterGrant, for request: AdmissionRequest, price: ModelPrice?, hold: Int64, on engine: LimiterEngine
  ) -> Permit {
    let until = grant.sentAt + hold
    let permit = Permit(
      grant, model: request.model, price: price, validUntil: .now + .microseconds(until - engine.now))
    engine.hold(
      permit.item(at: grant.place, ending: .abandoned), freed: permit.slots, needs: grant.needs,
      isLocal: grant.isDegraded, until: until)
    return permit
  }

  private func giveBack(_ permit: Permit) {
    guard let item = permit.item(ending: .settled(permit.reservations.map { _ in 0 })) else { return }
    onLoop { $0.end(item, freed: permit.freed(by: item.ending)) }
  }
}

/// One call of a task on its way over the event loop.
private final class AcquireCall<Answer: Sendable>: Sendable {
  private enum Stage {
    case new
    case waiting(UInt64)
    case over
  }

  let promise: EventLoopPromise<Answer>
  private let limiter: Limiter
  private let request: AdmissionRequest
  private let longest: Duration
  /// How long it waits for Redis after that.
  private let patience: Duration
  /// For how long its permit is held, in microseconds; `nil`: none is kept.
  private let hold: Int64?
  private let denied: @Sendable (Denial) -> Answer
  private let granted: @Sendable (WaiterGrant, LimiterEngine) -> Answer
  private let stage: NIOLoopBoundBox<Stage>

  init(
    _ limiter: Limiter, _ request: AdmissionRequest, longest: Duration, patience: Duration?, hold: Int64?,
    denied: @escaping @Sendable (Denial) -> Answer, granted: @escaping @Sendable (WaiterGrant, LimiterEngine) -> Answer
  ) {
    self.limiter = limiter
    self.request = request
    self.longest = longest
    self.patience = patience.map { max(.zero, min($0, limiter.settings.patience)) } ?? limiter.settings.patience
    self.hold = hold
    self.denied = denied
    self.granted = granted
    promise = limiter.eventLoop.makePromise()
    stage = NIOLoopBoundBox.makeBoxSendingValue(.new, eventLoop: limiter.eventLoop)
  }

  func begin(on engine: LimiterEngine) {
    guard case .new = stage.value else { return }
    let (resolver, request) = (limiter.resolver, request)
    let now = engine.now
    let waits = longest > .zero ? now + min(longest, LimiterBounds.longestWindow).microsecondsRoundedUp : nil
    let patience = patience.microsecondsRoundedUp
    let id = engine.acquire(
      lane: LimitID.encode(request.model), priority: request.priority, hold: hold ?? 0, waitsUntil: waits,
      // A decision that is on its way when the wait is over may still come: its answer says more than an error.
      failsAt: (waits ?? now) + patience, isRecorded: hold != nil, share: resolver.share(of: request),
      resolve: { resolver.resolve(request, at: $0) },
      completed: { self.complete($0, on: engine) })
    if let id, case .new = stage.value { stage.value = .waiting(id) }
  }

  func cancel(on engine: LimiterEngine) {
    switch stage.value {
    case .waiting(let id): engine.withdraw(id, failing: CancellationError())
    case .new:
      stage.value = .over
      promise.fail(CancellationError())
    case .over: break
    }
  }

  private func complete(_ result: Result<WaiterOutcome, any Error>, on engine: LimiterEngine) {
    stage.value = .over
    switch result {
    case .failure(let error), .success(.failed(let error)): promise.fail(error)
    case .success(.denied(let denial)): promise.succeed(denied(Denial(denial)))
    case .success(.granted(let grant)): promise.succeed(granted(grant, engine))
    }
  }
}
