/// What stands at the end of a chain, when no model answers.
public struct FallbackEnding<Answer: Sendable>: Sendable {
  /// An answer to the same request from before, and its age.
  public var cached: @Sendable () -> (answer: Answer, age: Duration)?
  /// An answer to whatever is asked.
  public var fixed: Answer?

  /// An ending; without parameters there is none.
  public init(cached: @escaping @Sendable () -> (answer: Answer, age: Duration)? = { nil }, fixed: Answer? = nil) {
    self.cached = cached
    self.fixed = fixed
  }
}

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
  var hops: [FallbackHop] = []
  var tried: Set<String> = []
  var last: (any Error)?
  var isOver = false
  var soonest: Duration?
  var queue = chain.models[...]
  var hasWaited = false
  while !isOver {
    try Task.checkCancellation()
    guard let model = queue.popFirst() else {
      // All are left alone: an old answer now, or the first that is not any more, if that is worth waiting for.
      guard last == nil, !hasWaited, let wait = soonest, wait <= chain.waitsForCooldown,
        ending.fixed == nil, ending.cached() == nil
      else { break }
      hasWaited = true
      (soonest, queue) = (nil, chain.models[...])
      try await clock.sleep(
        until: clock.now.advanced(by: Backoff.wait(own: wait, hint: wait, random: random())), tolerance: nil)
      continue
    }
    let ticket: CircuitBreaker.Ticket
    switch await cooldowns.admit(model.name) {
    case .cooling(let time, let why):
      hops.append(FallbackHop(model: model.name, reason: .cooling(time, why)))
      soonest = min(soonest ?? time, time)
      continue
    case .clear(let clear): ticket = clear
    }
    tried.insert(model.name)
    do {
      let answer = try await call(model.name)
      await cooldowns.succeeded(model.name, ticket)
      hops.append(FallbackHop(model: model.name, reason: .answered))
      return FallbackAnswer(answer: answer, source: .model(model.name), hops: hops)
    } catch {
      if error is CancellationError || Task.isCancelled {
        await cooldowns.abandoned(model.name, ticket)
        throw CancellationError()
      }
      let failure = (error as? RetriesEnded)?.failure ?? CallFailure.of(error)
      await cooldowns.failed(model.name, ticket, failure)
      hops.append(FallbackHop(model: model.name, reason: .failed(failure.errorClass)))
      last = error
      let next = chain.after(model, failure, tried: tried)
      isOver = next.isEmpty && (failure.isPartlySeen || !failure.errorClass.allowsOldAnswer)
      queue = next[...]
    }
  }
  // What the caller did wrong, an old answer does not mend.
  if !isOver {
    if let (answer, age) = ending.cached() {
      return FallbackAnswer(answer: answer, source: .cache(age: age), hops: hops)
    }
    if let fixed = ending.fixed { return FallbackAnswer(answer: fixed, source: .fixed, hops: hops) }
  }
  throw ChainFailed(hops: hops, failure: last, retryAfter: last == nil ? soonest : nil)
}
