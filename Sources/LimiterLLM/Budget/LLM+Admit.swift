import LimiterClient
import LimiterCore
import Providers
import Resilience

/// A budget's no, to be told to whoever asked.
struct BudgetDenial: Sendable, Hashable {
  var denial: Denial
  /// What it counts: money, or the steps of a run.
  var unit: Unit
}

/// Estimate, price, and the permit; what a budget stops is stopped here, before any money is spent.
extension LLM {
  /// So often a shorter answer is asked for; others may spend at the same time.
  private static let shrinks = 3

  /// - Parameter end: a permit that comes later is of no use: nothing is waited for any longer. While nobody decides, it fails at the call's end.
  /// - Throws: ``CallFailure``: `denied` by a rate or slots, `overBudget`, `callerError`; `CancellationError`.
  func admit(
    _ model: ModelFacts, _ call: LLMCall, _ log: LLMCallLog, until end: ContinuousClock.Instant
  ) async throws -> (CallPlan, Permit) {
    var plan = self.plan(model, call)
    try check(plan, call.kind)
    let wanted = plan.longest
    var (shrunk, waited) = (0, Duration.zero)
    while true {
      let left = ContinuousClock.now.duration(to: end)
      let decision: Decision
      let patience = ContinuousClock.now.duration(to: call.end) - max(left, .zero)
      do {
        decision = try await limiter.backend.acquire(
          plan.admission, waitingUpTo: max(left, .zero), patience: max(patience, .zero))
      } catch {
        if let error = error as? LimiterError {
          throw CallFailure(.callerError, message: "the limiter could not decide", cause: error)
        }
        throw error
      }
      guard let denial = decision.denial else {
        guard let permit = decision.permit else { continue }
        // What is told is what the budgets are charged, whoever has the policy.
        if !plan.model.isPriceTold, let price = permit.price { plan.model.price = price }
        if plan.longest < wanted { log.note { [plan] in $0.changes.append(.shrunk(from: wanted, to: plan.longest)) } }
        if waited > .zero { log.note { [waited] in $0.changes.append(.waitedForPeriod(waited)) } }
        return (plan, permit)
      }
      guard let unit = await budgetUnit(denial, plan, until: call.end) else {
        throw CallFailure(.denied, hint: denial.retryAfter, message: "\(denial)")
      }
      if unit == .nanodollars, shrunk < Self.shrinks, let least = leastOutput(plan, call),
        let shorter = shorter(plan, denial, least: least, isLast: shrunk == Self.shrinks - 1)
      {
        plan = shorter
        shrunk += 1
        continue
      }
      log.note { $0.denial = BudgetDenial(denial: denial, unit: unit) }
      counters.note { $0.overBudget += 1 }
      switch settings.overBudget {
      case .wait:
        // Nothing is held meanwhile. A period that begins after the attempt's time is waited for in vain.
        if let time = denial.retryAfter, time < ContinuousClock.now.duration(to: end), denial.reason == .budget {
          try await Task.sleep(for: time)
          waited += time
          // The new period has room for an answer that the old one had not.
          (plan, shrunk) = (self.plan(model, call), 0)
          continue
        }
      case .stop, .downgrade, .shrink: break
      }
      throw CallFailure(.overBudget, hint: denial.retryAfter, message: "\(denial)")
    }
  }

  private func plan(_ model: ModelFacts, _ call: LLMCall) -> CallPlan {
    let input = estimator.input(call.request, model: model.name)
    let output = estimator.output(call.request, model: model)
    var request = call.request
    var longest = output
    if request.maximumOutputTokens != nil {
      // What is reserved is the most that is asked for.
      request.maximumOutputTokens = output
    } else if let bound = [model.longestOutput, model.wire.defaultMaximumOutput].compactMap(\.self).min() {
      longest = max(output, bound)
      // What is not reserved is not asked for.
      if let asked = model.wire.defaultMaximumOutput, longest < asked { request.maximumOutputTokens = longest }
    }
    return CallPlan(
      model: model, request: request,
      admission: call.admission(model.name, input: input, output: output, longest: longest), input: input,
      output: output, longest: longest)
  }

  /// The shortest answer with which a call may be made that a budget does not allow as it is; `nil`: none.
  private func leastOutput(_ plan: CallPlan, _ call: LLMCall) -> Int64? {
    if settings.overBudget == .shrink { return settings.leastOutput }
    // Nobody has asked for an answer of any length: it is bound to what the budget has left, if what is expected fits.
    return call.request.maximumOutputTokens == nil ? plan.output : nil
  }

  /// What can be seen without asking anybody.
  private func check(_ plan: CallPlan, _ kind: CallKind) throws {
    // Of texts to embed each has the window for itself.
    let input =
      kind.isEmbeddings
      ? plan.request.messages.map { estimator.input(ChatRequest([$0]), model: plan.model.name) }.max() ?? 0
      : plan.input
    if let window = plan.model.contextWindow, input > window {
      throw CallFailure(
        .contextTooLong,
        message: "about \(input) input tokens do not fit into \(window) of \(plan.model.name)")
    }
  }

  /// What a budget that denies counts; `nil`: it is a rate, or slots.
  private func budgetUnit(_ denial: Denial, _ plan: CallPlan, until end: ContinuousClock.Instant) async -> Unit? {
    switch denial.reason {
    case .window, .concurrency, .behind: return nil
    // Larger than any of its limits can be: which kind that is, the denial does not say, nor what it counts.
    case .budget, .tooLarge:
      let left = max(ContinuousClock.now.duration(to: end), .zero)
      let found = await result(within: left) { [limiter] in
        try? await limiter.usage(of: plan.admission).first { $0.limit == denial.limit }
      }
      // Nobody says: what a budget counts is money, most of the time.
      guard let status = found ?? nil else { return denial.reason == .budget ? .nanodollars : nil }
      return status.period == nil ? nil : status.unit
    }
  }

  /// The same with as much output as the budget has left; `nil`: that would be too little.
  ///
  /// - Parameter isLast: what its price makes of it was denied, too: others have spent meanwhile, or the policy has another price.
  private func shorter(_ plan: CallPlan, _ denial: Denial, least: Int64, isLast: Bool) -> CallPlan? {
    guard denial.remaining > 0, plan.longest > least else { return nil }
    let fitting = isLast ? nil : fittingOutput(plan, denial)
    let longest = fitting.map { $0 < plan.longest ? max($0, least) : least } ?? least
    var shorter = plan
    shorter.longest = longest
    shorter.output = min(plan.output, longest)
    shorter.request.maximumOutputTokens = longest
    shorter.admission.amounts = Amounts(
      inputTokens: plan.input, outputTokens: shorter.output, maximumOutputTokens: longest)
    return shorter
  }

  /// As many output tokens as the budget has left, by the price that is known; `nil`: none is.
  private func fittingOutput(_ plan: CallPlan, _ denial: Denial) -> Int64? {
    guard let price = plan.model.price, price.output > 0,
      let input = price.cost(inputTokens: plan.input, outputTokens: 0)
    else { return nil }
    let (scaled, overflow) = max(denial.remaining - input, 0).multipliedReportingOverflow(by: 1_000_000)
    // One token less: the cost of a part of a nanodollar is rounded up.
    return overflow ? plan.longest - 1 : scaled / price.output - 1
  }
}
