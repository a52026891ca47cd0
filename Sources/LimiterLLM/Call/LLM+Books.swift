import LimiterClient
import Logging
import Providers
import Resilience

/// What is written down of an attempt, and how its permit is settled.
extension LLM {
  /// What came of an attempt that was asked for to its end.
  func note(
    _ attempt: LLMAttempt, _ outcome: ProviderClient.Outcome, _ granted: GrantedCall, _ log: LLMCallLog
  ) {
    note(attempt, granted, log)
    if !outcome.text.isEmpty, outcome.failure != nil { log.note { $0.partialText = outcome.text } }
    let expected = granted.plan.input + granted.plan.output
    counters.note { statistics in
      if outcome.failure?.errorClass == .rateLimited { statistics.rateLimitedWhileAdmitted += 1 }
      if let failure = outcome.failure { statistics.failures[failure.errorClass.rawValue, default: 0] += 1 }
      if let usage = outcome.answer?.usage {
        statistics.inputTokens += usage.input
        statistics.outputTokens += usage.output
        statistics.estimatedTokens += expected
        statistics.estimatedWrong += abs(expected - usage.input - usage.output)
      }
    }
  }

  /// An attempt that has ended, also one of which nobody wants to hear any more: what was sent is charged all the same.
  func note(_ attempt: LLMAttempt, _ granted: GrantedCall, _ log: LLMCallLog) {
    log.note { $0.attempts.append(attempt) }
    counters.note { statistics in
      statistics.nanodollars += attempt.nanodollars ?? 0
      guard attempt.wasSent else { return }
      statistics.attempts += 1
      if granted.isRetry { statistics.retries += 1 }
    }
  }

  /// An attempt that failed before anything could be sent; one that was cancelled is none.
  func noteNotSent(_ model: ModelFacts, _ error: any Error, waited: Duration, _ log: LLMCallLog) {
    guard let failure = error as? CallFailure else { return }
    log.note { $0.attempts.append(LLMAttempt(model: model.name, failure: failure, waited: waited, nanodollars: 0)) }
  }

  /// The settlement is on its way, whether or not anybody waits for its answer.
  func settle(_ permit: Permit, _ settlement: Settlement, until end: ContinuousClock.Instant) async {
    await follow(until: end) { [backend = limiter.backend] in
      await backend.finish(permit) {
        switch settlement {
        case .notSent: try await backend.cancel(permit)
        case .unknown: try await backend.abandon(permit)
        case .used(let usage, _, _): try await backend.end(permit, usage)
        }
      }
    }
  }
}
