/// Who is told what happens around a call's attempts; each is awaited before it goes on.
public struct RetryHooks: Sendable {
  /// An attempt begins.
  public var willAttempt: @Sendable (_ number: Int) async -> Void = { _ in }
  /// An attempt has ended; `nil`: well.
  public var didAttempt: @Sendable (_ number: Int, _ failure: CallFailure?) async -> Void = { _, _ in }
  /// It waits before the next attempt.
  public var willSleep: @Sendable (_ wait: Duration, _ failure: CallFailure) async -> Void = { _, _ in }
  /// The call is not made again.
  public var didGiveUp: @Sendable (_ end: RetriesEnded) async -> Void = { _ in }

  /// Hooks that do nothing.
  public init() {}
}

/// Makes a call, and makes it again as the policy says. Nothing is held while it waits.
///
/// - Parameters:
///   - random: from 0 up to 1.
///   - reject: a result that is as good as a failure, such as an empty answer; `nil`: it is a result.
///   - call: is given the number of the attempt, 1 for the first.
/// - Returns: the first result that is none to reject.
/// - Throws: ``RetriesEnded`` with all attempts; `CancellationError` as soon as the task is cancelled, also in the middle of a wait.
/// - Complexity: one call per attempt; no timer but the wait.
public func withRetry<Result: Sendable, Time: Clock>(
  _ policy: RetryPolicy, clock: Time = ContinuousClock(), hooks: RetryHooks = RetryHooks(),
  random: @Sendable () -> Double = { Double.random(in: 0..<1) },
  reject: @Sendable (Result) -> CallFailure? = { _ in nil },
  _ call: (_ attempt: Int) async throws -> Result
) async throws -> Result where Time.Duration == Duration {
  var machine = RetryMachine(policy)
  let start = clock.now
  while true {
    try Task.checkCancellation()
    let number = machine.attempts.count + 1
    await hooks.willAttempt(number)
    let began = clock.now
    let failure: CallFailure
    do {
      let result = try await call(number)
      guard let rejected = reject(result) else {
        policy.budget?.succeeded()
        await hooks.didAttempt(number, nil)
        return result
      }
      failure = rejected
    } catch {
      // Whoever was cancelled gives no reason to try again.
      if error is CancellationError || Task.isCancelled { throw CancellationError() }
      failure = CallFailure.of(error)
    }
    await hooks.didAttempt(number, failure)
    let now = clock.now
    switch machine.failed(
      failure, duration: began.duration(to: now), elapsed: start.duration(to: now), random: (random(), random()))
    {
    case .giveUp(let reason):
      let end = RetriesEnded(reason: reason, attempts: machine.attempts)
      await hooks.didGiveUp(end)
      throw end
    case .retry(let wait):
      await hooks.willSleep(wait, failure)
      try await clock.sleep(until: clock.now.advanced(by: min(wait, .longestWait)), tolerance: nil)
    }
  }
}
