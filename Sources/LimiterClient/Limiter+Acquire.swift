public import LimiterCore
internal import LimiterRedis
internal import NIOCore

extension Limiter {
  /// Asks for a permit: all limits of the request, or none.
  ///
  /// - Parameters:
  ///   - request: the call that is to be made.
  ///   - longest: how long to wait for room; zero: it is decided once. A call whose limits will not have room by then is
  ///     denied at once, and so is one that a budget stops.
  /// - Returns: a permit, which must be settled, or a denial with the numbers.
  /// - Throws: ``LimiterError``; `CancellationError` when the task is cancelled: nothing is left behind then, at whatever
  ///   point it happens.
  /// - Complexity: one script call, shared with all calls of the moment; one more for each time that waiting was in vain.
  public func acquire(
    _ request: AdmissionRequest, waitingUpTo longest: Duration = .seconds(60)
  ) async throws -> Decision {
    if let problem = resolver.problem(with: request) {
      throw LimiterError(.invalidRequest, problem.description)
    }
    guard longest >= .zero else {
      throw LimiterError(.invalidRequest, "expected a time to wait of zero or more, got \(longest)")
    }
    try Task.checkCancellation()
    let call = AcquireCall(self, request, longest: longest)
    let decision: Decision
    do {
      decision = try await withTaskCancellationHandler {
        onLoop { call.begin(on: $0) }
        return try await call.promise.futureResult.get()
      } onCancel: {
        onLoop { call.cancel(on: $0) }
      }
    } catch {
      throw LimiterError.translate(error)
    }
    // Granted in the same moment: the caller will not look at it.
    if Task.isCancelled, case .granted(let permit) = decision {
      giveBack(permit)
      throw CancellationError()
    }
    return decision
  }

  private func giveBack(_ permit: Permit) {
    guard let item = permit.item(ending: .settled(permit.reservations.map { _ in 0 })) else { return }
    onLoop { $0.end(item, freed: permit.freed(by: item.ending)) }
  }
}

/// One call of ``Limiter/acquire(_:waitingUpTo:)`` on its way over the event loop.
private final class AcquireCall: Sendable {
  private enum Stage {
    case new
    case waiting(UInt64)
    case over
  }

  let promise: EventLoopPromise<Decision>
  private let limiter: Limiter
  private let request: AdmissionRequest
  private let longest: Duration
  private let stage: NIOLoopBoundBox<Stage>

  init(_ limiter: Limiter, _ request: AdmissionRequest, longest: Duration) {
    self.limiter = limiter
    self.request = request
    self.longest = longest
    promise = limiter.eventLoop.makePromise()
    stage = NIOLoopBoundBox.makeBoxSendingValue(.new, eventLoop: limiter.eventLoop)
  }

  func begin(on engine: LimiterEngine) {
    guard case .new = stage.value else { return }
    let (resolver, request) = (limiter.resolver, request)
    let now = engine.now
    let waits = longest > .zero ? now + min(longest, LimiterBounds.longestWindow).microsecondsRoundedUp : nil
    let patience = limiter.settings.patience.microsecondsRoundedUp
    let hold = (request.hold ?? limiter.settings.policy.hold).microsecondsRoundedUp
    let id = engine.acquire(
      lane: LimitID.encode(request.model), priority: request.priority, hold: hold, waitsUntil: waits,
      // A decision that is on its way when the wait is over may still come: its answer says more than an error.
      failsAt: (waits ?? now) + patience, share: resolver.share(of: request),
      resolve: { resolver.resolve(request, at: $0) },
      completed: { self.complete($0, hold: hold, on: engine) })
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

  private func complete(_ result: Result<WaiterOutcome, any Error>, hold: Int64, on engine: LimiterEngine) {
    stage.value = .over
    switch result {
    case .failure(let error), .success(.failed(let error)): promise.fail(error)
    case .success(.denied(let denial)): promise.succeed(.denied(Denial(denial)))
    case .success(.granted(let grant)):
      let permit = makePermit(grant, holdUntil: grant.sentAt + hold, on: engine)
      engine.hold(
        permit.item(at: grant.place, ending: .abandoned), freed: permit.slots, needs: grant.needs,
        isLocal: grant.isDegraded, until: grant.sentAt + hold)
      promise.succeed(.granted(permit))
    }
  }

  private func makePermit(_ grant: WaiterGrant, holdUntil: Int64, on engine: LimiterEngine) -> Permit {
    Permit(
      grant, model: request.model, price: limiter.resolver.policy.models[request.model]?.price,
      validUntil: .now + .microseconds(holdUntil - engine.now))
  }
}
