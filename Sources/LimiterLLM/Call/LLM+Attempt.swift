import LimiterClient
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
    let granted = try await grant(model, call, log, until: end)
    let (plan, permit) = (granted.plan, granted.permit)
    let outcome = try await ask(granted, call, log)
    let settlement = Settlement(outcome, plan, estimator)
    let attempt = granted.ended(outcome.failure, wasSent: outcome.wasSent, settlement)
    note(attempt, outcome, granted, log)
    await observe(permit, model, outcome, until: call.end)
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

  /// All that comes before something is sent.
  ///
  /// - Throws: `CallFailure`, which is among the attempts then; `CancellationError`. Nothing is held after either.
  private func grant(
    _ model: ModelFacts, _ call: LLMCall, _ log: LLMCallLog, until end: ContinuousClock.Instant
  ) async throws -> GrantedCall {
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
    } catch {
      noteNotSent(model, error, waited: began.duration(to: .now), log)
      throw error
    }
    let granted = ContinuousClock.now
    let waited = began.duration(to: granted)
    do {
      // Somebody may have been told to stay away while this waited.
      try await checkCooldown(model, until: end)
      // Nobody wants the answer any more, or there is no time for it: nothing is sent that would be charged for nothing.
      try Task.checkCancellation()
      let left = ContinuousClock.now.duration(to: end)
      guard left > .zero else { throw CallFailure(.denied, message: "the permit came when the time was over") }
      return GrantedCall(
        plan: plan, permit: permit, grantedAt: granted, waited: waited,
        time: max(min(left, settings.attemptTime), .milliseconds(1)),
        isRetry: log.all.attempts.contains { $0.model == model.name && $0.wasSent })
    } catch {
      await settle(permit, .notSent, until: call.end)
      noteNotSent(model, error, waited: waited, log)
      throw error
    }
  }

  private func checkCooldown(_ model: ModelFacts, until end: ContinuousClock.Instant) async throws {
    let left = ContinuousClock.now.duration(to: end)
    guard left > .zero else { return }
    let found = await result(within: left) { [cooldowns] () -> CallFailure? in
      guard let (time, reason) = await cooldowns.cooling(model.name) else { return nil }
      // A stream that broke was another call's: of this one nobody has seen anything.
      let why = reason == .streamBroken ? .transient : reason
      var failure = CallFailure(why, hint: time, message: "it is left alone for \(time)")
      failure.isOwnCooldown = true
      return failure
    }
    if case let failure?? = found { throw failure }
  }

  /// - Throws: what ends the call before the provider does: then it is settled, and among the attempts.
  private func ask(
    _ granted: GrantedCall, _ call: LLMCall, _ log: LLMCallLog
  ) async throws -> ProviderClient.Outcome {
    let plan = granted.plan
    func stopped(_ failure: CallFailure, wasSent: Bool, _ settlement: Settlement) async {
      note(granted.ended(failure, wasSent: wasSent, settlement), granted, log)
      await settle(granted.permit, settlement, until: call.end)
    }
    do {
      return try await provider.ask(plan.request, call.kind, plan.model, within: granted.time)
    } catch let end as StoppedByCaller {
      let failure = CallFailure(.callerError, message: "stopped by the caller")
      await stopped(failure, wasSent: true, Settlement(cut: end.text, end.usage, plan, estimator))
      log.note { $0.thrown = end.error }
      throw end.error is CancellationError ? end.error : failure
    } catch is CancelledBeforeSending {
      let failure = CallFailure(.callerError, message: "cancelled before it was sent")
      await stopped(failure, wasSent: false, .notSent)
      throw CancellationError()
    } catch {
      // It is on its way: nobody knows what the provider does.
      let failure = CallFailure(
        .callerError, message: "cancelled when it was sent; it stays charged as reserved")
      await stopped(failure, wasSent: true, .unknown)
      throw error
    }
  }
}

extension ProviderClient.Outcome {
  var failure: CallFailure? { if case .failure(let failure) = result { failure } else { nil } }
  var answer: ChatAnswer? { if case .success(let answer) = result { answer } else { nil } }
}
