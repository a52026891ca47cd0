/// Asks the models of a chain until one answers, and falls back to an old answer when none does.
///
/// Models in cooldown are passed by. The caller's mistakes end it at once, and so does what no other model would do better. Each call acquires
/// and settles for itself, with its own model and price; nothing is held between them.
///
/// - Parameters:
///   - random: from 0 up to 1; spreads those that waited for the same cooldown.
///   - call: asks one model, with its own retries; throws ``CallFailure``, ``RetriesEnded`` or any error (a mistake then).
/// - Throws: ``ChainFailed`` with what became of every model; `CancellationError`.
public func withFallback<Answer: Sendable, Time: Clock>(
  _ chain: FallbackChain, cooldowns: any Cooldowns, ending: FallbackEnding<Answer> = FallbackEnding(),
  clock: Time = ContinuousClock(), random: @Sendable () -> Double = { Double.random(in: 0..<1) },
  _ call: (_ model: String) async throws -> Answer
) async throws -> FallbackAnswer<Answer> where Time.Duration == Duration {
  var walk = ChainWalk(chain)
  while !walk.isOver {
    try Task.checkCancellation()
    guard let model = walk.next() else {
      // All are left alone: an old answer now, or the first that is not any more, if that is worth waiting for.
      guard let wait = walk.cooldownToWaitFor, ending.fixed == nil, ending.cached() == nil else { break }
      walk.beginAgain()
      try await clock.sleep(
        until: clock.now.advanced(by: Backoff.wait(own: wait, hint: wait, random: random())), tolerance: nil)
      continue
    }
    switch await cooldowns.admit(model.name) {
    case .cooling(let time, let why): walk.isCooling(model, for: time, why)
    case .clear(let ticket):
      do {
        let answer = try await ask(model.name, ticket, cooldowns, call)
        walk.hops.append(FallbackHop(model: model.name, reason: .answered))
        return FallbackAnswer(answer: answer, source: .model(model.name), hops: walk.hops)
      } catch let failed as ModelFailed {
        walk.failed(model, failed)
      }
    }
  }
  // What the caller did wrong, an old answer does not mend.
  if !walk.isOver {
    if let (answer, age) = ending.cached() {
      return FallbackAnswer(answer: answer, source: .cache(age: age), hops: walk.hops)
    }
    if let fixed = ending.fixed { return FallbackAnswer(answer: fixed, source: .fixed, hops: walk.hops) }
  }
  throw walk.end
}

/// A model that was asked gave no answer.
private struct ModelFailed: Error {
  var failure: CallFailure
  /// What the call threw.
  var thrown: any Error
}

/// Asks one model, and tells its cooldown what came of it.
///
/// - Throws: `ModelFailed`; `CancellationError`.
private func ask<Answer: Sendable>(
  _ model: String, _ ticket: CircuitBreaker.Ticket, _ cooldowns: any Cooldowns,
  _ call: (_ model: String) async throws -> Answer
) async throws -> Answer {
  do {
    let answer = try await call(model)
    await cooldowns.succeeded(model, ticket)
    return answer
  } catch {
    if error is CancellationError || Task.isCancelled {
      await cooldowns.abandoned(model, ticket)
      throw CancellationError()
    }
    let failure = (error as? RetriesEnded)?.failure ?? CallFailure.of(error)
    await cooldowns.failed(model, ticket, failure)
    throw ModelFailed(failure: failure, thrown: error)
  }
}

/// Who is asked next, and what became of those before.
private struct ChainWalk {
  private let chain: FallbackChain
  private var queue: ArraySlice<FallbackChain.Model>
  private var tried: Set<String> = []
  private var last: (any Error)?
  /// When the first of those that are left alone may be asked.
  private var soonest: Duration?
  private var hasWaited = false
  /// Nobody else is asked, and no old answer is given.
  private(set) var isOver = false
  var hops: [FallbackHop] = []

  init(_ chain: FallbackChain) {
    self.chain = chain
    queue = chain.models[...]
  }

  mutating func next() -> FallbackChain.Model? { queue.popFirst() }

  mutating func isCooling(_ model: FallbackChain.Model, for time: Duration, _ why: ErrorClass) {
    hops.append(FallbackHop(model: model.name, reason: .cooling(time, why)))
    soonest = min(soonest ?? time, time)
  }

  mutating func failed(_ model: FallbackChain.Model, _ failed: ModelFailed) {
    let failure = failed.failure
    tried.insert(model.name)
    hops.append(FallbackHop(model: model.name, reason: .failed(failure.errorClass)))
    last = failed.thrown
    let next = chain.after(model, failure, tried: tried, queued: queue)
    isOver = next.isEmpty && (failure.isPartlySeen || !failure.errorClass.allowsOldAnswer)
    queue = next[...]
  }

  /// How long until the first may be asked, when all are left alone and it is waited for: once.
  var cooldownToWaitFor: Duration? {
    guard last == nil, !hasWaited, let wait = soonest, wait <= chain.waitsForCooldown else { return nil }
    return wait
  }

  mutating func beginAgain() {
    hasWaited = true
    (soonest, queue) = (nil, chain.models[...])
  }

  var end: ChainFailed { ChainFailed(hops: hops, failure: last, retryAfter: last == nil ? soonest : nil) }
}
