import LimiterClient
import Logging
import LimiterCore
import Providers
import Resilience

/// One attempt: cooldown, permit, provider, settlement.
extension LLM {
  func attempt(
    _ model: ModelFacts, _ call: LLMCall, _ log: LLMCallLog, until end: ContinuousClock.Instant
  ) async throws -> Kept {
    let began = ContinuousClock.now
    let plan: CallPlan
    let permit: Permit
    do {
      try await checkCooldown(model)
      // A permit that comes when the time is over would be charged for nothing.
      let left = began.duration(to: end)
      let output = estimator.output(call.request, model: model)
      let reserve = min(estimator.time(output: output, model: model.name), left / 2)
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
    // Somebody may have been told to stay away while this waited.
    do { try await checkCooldown(model) } catch {
      await settle(permit, .notSent)
      log.note {
        $0.attempts.append(
          LLMAttempt(
            model: model.name, failure: error as? CallFailure, waited: waited, took: .zero, nanodollars: 0))
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
      let time = min(granted.duration(to: end), settings.attemptTime)
      outcome = try await provider.ask(plan.request, call.kind, model, within: max(time, .milliseconds(1)))
    } catch let stopped as StoppedByCaller {
      await settle(permit, Settlement(cut: stopped.text, stopped.usage, plan, estimator))
      log.note { $0.thrown = stopped.error }
      throw stopped.error is CancellationError
        ? stopped.error : CallFailure(.callerError, message: "stopped by the caller")
    } catch {
      // It is on its way, and nobody knows what the provider does.
      await settle(permit, .unknown)
      throw error
    }
    await observe(permit, model, outcome)
    let settlement = Settlement(outcome, plan, estimator)
    let attempt = LLMAttempt(
      model: model.name, failure: outcome.failure, waited: waited, took: granted.duration(to: .now),
      nanodollars: settlement.nanodollars(plan))
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
    await settle(permit, settlement)
    await watchBudgets(plan)
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

  private func checkCooldown(_ model: ModelFacts) async throws {
    guard let (time, reason) = await cooldowns.cooling(model.name) else { return }
    var failure = CallFailure(reason, hint: time, message: "it is left alone for \(time)")
    failure.isOwnCooldown = true
    throw failure
  }

  /// The settlement is on its way, whether or not anybody waits for its answer.
  private func settle(_ permit: Permit, _ settlement: Settlement) async {
    do {
      switch settlement {
      case .notSent: try await limiter.cancel(permit)
      case .unknown: try await limiter.abandon(permit)
      case .used(let usage, _, _): try await limiter.settle(permit, usage)
      }
    } catch { logger.debug("a settlement is not confirmed yet", metadata: ["error": "\(error)"]) }
  }
}

/// What one attempt asks for, and what it is expected to use.
struct CallPlan: Sendable {
  var model: ModelFacts
  var request: ChatRequest
  var admission: AdmissionRequest
  var input: Int64
  var output: Int64
}

extension ProviderClient.Outcome {
  var failure: CallFailure? { if case .failure(let failure) = result { failure } else { nil } }
  var answer: ChatAnswer? { if case .success(let answer) = result { answer } else { nil } }
}
