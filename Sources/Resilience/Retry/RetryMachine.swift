/// Decides after each failure; knows no clock and no chance but what it is told.
struct RetryMachine {
  enum Decision: Equatable {
    case retry(after: Duration)
    case giveUp(RetriesEnded.Reason)
  }

  let policy: RetryPolicy
  private(set) var attempts: [FailedAttempt] = []
  private var lastWait: Duration?

  init(_ policy: RetryPolicy) {
    self.policy = policy
  }

  /// An attempt has failed.
  ///
  /// - Parameters:
  ///   - elapsed: since the first attempt began.
  ///   - random: from 0 up to 1, once for our own wait and once to spread the provider's.
  mutating func failed(
    _ failure: CallFailure, duration: Duration, elapsed: Duration, random: (own: Double, spread: Double)
  ) -> Decision {
    attempts.append(FailedAttempt(number: attempts.count + 1, failure: failure, duration: duration, wait: nil))
    guard let base = base(for: failure) else {
      return .giveUp(failure.shouldRetry == false ? .providerSaidNo : .notRetryable)
    }
    // The provider knows nothing of an attempt that our own cooldown kept back: it is counted for itself, and costs nothing.
    let made = attempts.count { $0.failure.isOwnCooldown == failure.isOwnCooldown }
    guard made < policy.attempts else { return .giveUp(.attemptsSpent) }
    if let hint = failure.hint, let longest = policy.longestHint, hint > longest { return .giveUp(.hintTooLong) }
    let own = policy.backoff.wait(retry: made - 1, base: base, last: lastWait, random: random.own)
    let wait = Backoff.wait(own: own, hint: failure.hint, random: random.spread)
    if let deadline = policy.deadline, elapsed + wait >= deadline { return .giveUp(.deadline) }
    // Last, so that nothing is taken for a retry that is not made.
    let cost = failure.errorClass.handling.retryCost
    if !failure.isOwnCooldown, let budget = policy.budget, !budget.take(cost) { return .giveUp(.budgetSpent) }
    lastWait = wait
    attempts[attempts.count - 1].wait = wait
    return .retry(after: wait)
  }

  /// What the first wait is about; `nil`: it is not tried again.
  private func base(for failure: CallFailure) -> Duration? {
    if failure.shouldRetry == false { return nil }
    switch failure.errorClass.handling.retry {
    case .afterBackoff(let base): return base
    case .onceIfIdempotent(let base):
      let isFirst = attempts.count { $0.failure.errorClass == failure.errorClass } == 1
      return policy.isIdempotent && isFirst ? base : nil
    // A quota, a key or a filter is not there the next moment, whatever a header says.
    case .never: return failure.shouldRetry == true && failure.errorClass == .callerError ? .milliseconds(500) : nil
    }
  }
}
