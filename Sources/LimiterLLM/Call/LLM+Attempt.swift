import LimiterClient
import Logging
import LimiterCore
import Providers
import Resilience

/// One attempt: cooldown, permit, provider, settlement.
extension LLM {
  /// Between the last moment at which a permit is waited for and the end: in it a denial still arrives.
  private static let leastReserve: Duration = .milliseconds(100)

  func attempt(
    _ model: ModelFacts, _ call: LLMCall, _ log: LLMCallLog, until end: ContinuousClock.Instant
  ) async throws -> Kept {
    let began = ContinuousClock.now
    let plan: CallPlan
    let permit: Permit
    do {
      try await checkCooldown(model, until: end)
      // A permit that comes when the time is over would be charged for nothing.
      let left = began.duration(to: end)
      let output = estimator.output(call.request, model: model)
      let estimated = min(estimator.time(output: output, model: model.name), left / 2)
      let reserve = max(estimated, min(left / 10, Self.leastReserve))
      (plan, permit) = try await admit(model, call, log, until: end - reserve)
    } catch let failure as CallFailure {
      log.note { facts in
        facts.attempts.append(
          LLMAttempt(model: model.name, failure: failure, waited: began.duration(to: .now), took: .zero, nanodollars: 0)
        )
      }
      throw failure
    }
    let granted = ContinuousClock.now
    let waited = began.duration(to: granted)
    let left: Duration
    do {
      // Somebody may have been told to stay away while this waited.
      try await checkCooldown(model, until: end)
      // Nobody wants the answer any more, or there is no time for it: nothing is sent that would be charged for nothing.
      try Task.checkCancellation()
      left = ContinuousClock.now.duration(to: end)
      guard left > .zero else { throw CallFailure(.denied, message: "the permit came when the time was over") }
    } catch {
      await settle(permit, .notSent, until: call.end)
      if let failure = error as? CallFailure {
        log.note {
          $0.attempts.append(
            LLMAttempt(model: model.name, failure: failure, waited: waited, took: .zero, nanodollars: 0))
        }
      }
      throw error
    }
    let isRetry = log.all.attempts.contains { $0.model == model.name && $0.wasSent }
    counters.note { statistics in
      statistics.attempts += 1
      if isRetry { statistics.retries += 1 }
    }
    let outcome: ProviderClient.Outcome
    do {
      let time = min(left, settings.attemptTime)
      outcome = try await provider.ask(plan.request, call.kind, model, within: max(time, .milliseconds(1)))
    } catch let stopped as StoppedByCaller {
      let settlement = Settlement(cut: stopped.text, stopped.usage, plan, estimator)
      let failure = CallFailure(.callerError, message: "stopped by the caller")
      note(
        LLMAttempt(
          model: model.name, failure: failure, waited: waited, took: granted.duration(to: .now),
          nanodollars: settlement.nanodollars(plan)), log)
      await settle(permit, settlement, until: call.end)
      log.note { $0.thrown = stopped.error }
      throw stopped.error is CancellationError ? stopped.error : failure
    } catch {
      // When it is on its way, nobody knows what the provider does.
      let wasSent = !(error is CancelledBeforeSending)
      let settlement = wasSent ? Settlement.unknown : .notSent
      let failure = CallFailure(
        .callerError,
        message: wasSent ? "cancelled when it was sent; it stays charged as reserved" : "cancelled before it was sent")
      note(
        LLMAttempt(
          model: model.name, failure: failure, waited: waited, took: wasSent ? granted.duration(to: .now) : .zero,
          nanodollars: settlement.nanodollars(plan)), log)
      await settle(permit, settlement, until: call.end)
      throw wasSent ? error : CancellationError()
    }
    await observe(permit, model, outcome, until: call.end)
    let settlement = Settlement(outcome, plan, estimator)
    let attempt = LLMAttempt(
      model: model.name, failure: outcome.failure, waited: waited, took: granted.duration(to: .now),
      nanodollars: settlement.nanodollars(plan))
    note(attempt, outcome, plan, log)
    await settle(permit, settlement, until: call.end)
    await watchBudgets(plan, until: call.end)
    switch outcome.result {
    case .failure(let failure): throw failure
    case .success(let answer):
      if let usage = answer.usage { estimator.learn(usage, call.request, model: model.name) }
      estimator.learn(attempt.took, output: settlement.usage?.output ?? plan.output, model: model.name)
      return Kept(
        text: answer.text, model: model.name, finish: answer.finish, usage: settlement.usage,
        isUsageEstimated: answer.usage == nil)
    }
  }

  private func checkCooldown(_ model: ModelFacts, until end: ContinuousClock.Instant) async throws {
    let left = ContinuousClock.now.duration(to: end)
    guard left > .zero else { return }
    let found = await result(within: left) { [cooldowns] () -> CallFailure? in
      guard let (time, reason) = await cooldowns.cooling(model.name) else { return nil }
      var failure = CallFailure(reason, hint: time, message: "it is left alone for \(time)")
      failure.isOwnCooldown = true
      return failure
    }
    if case let failure?? = found { throw failure }
  }

  /// What came of an attempt that was asked for to its end.
  private func note(_ attempt: LLMAttempt, _ outcome: ProviderClient.Outcome, _ plan: CallPlan, _ log: LLMCallLog) {
    log.note { facts in
      facts.attempts.append(attempt)
      if !outcome.text.isEmpty, outcome.failure != nil { facts.partialText = outcome.text }
    }
    counters.note { statistics in
      statistics.nanodollars += attempt.nanodollars ?? 0
      if outcome.failure?.errorClass == .rateLimited { statistics.rateLimitedWhileAdmitted += 1 }
      if let failure = outcome.failure { statistics.failures[failure.errorClass.rawValue, default: 0] += 1 }
      if let usage = outcome.answer?.usage {
        statistics.inputTokens += usage.input
        statistics.outputTokens += usage.output
        statistics.estimatedTokens += plan.input + plan.output
        statistics.estimatedWrong += abs(plan.input + plan.output - usage.input - usage.output)
      }
    }
  }

  /// What nobody wants to hear of any more was sent all the same, and is charged.
  private func note(_ stopped: LLMAttempt, _ log: LLMCallLog) {
    log.note { $0.attempts.append(stopped) }
    counters.note { $0.nanodollars += stopped.nanodollars ?? 0 }
  }

  /// The settlement is on its way, whether or not anybody waits for its answer.
  private func settle(_ permit: Permit, _ settlement: Settlement, until end: ContinuousClock.Instant) async {
    await follow(until: end) { [limiter, logger] in
      do {
        switch settlement {
        case .notSent: try await limiter.cancel(permit)
        case .unknown: try await limiter.abandon(permit)
        case .used(let usage, _, _): _ = try await limiter.backend.end(permit, usage)
        }
        return true
      } catch {
        logger.debug("a settlement is not confirmed yet", metadata: ["error": "\(error)"])
        return false
      }
    }
  }
}

/// What one attempt asks for, and what it is expected to use.
struct CallPlan: Sendable {
  var model: ModelFacts
  var request: ChatRequest
  var admission: AdmissionRequest
  var input: Int64
  /// What the answer is expected to have.
  var output: Int64
  /// What it can have at most, as far as that is known: money is reserved for it.
  var longest: Int64
}

extension ProviderClient.Outcome {
  var failure: CallFailure? { if case .failure(let failure) = result { failure } else { nil } }
  var answer: ChatAnswer? { if case .success(let answer) = result { answer } else { nil } }
}
