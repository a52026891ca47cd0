import LimiterClient
import LimiterCore
import Logging
import Providers
import Resilience

/// The layers: deadline, chain, retries. An attempt is in ``LLM/attempt(_:_:_:until:)``.
extension LLM {
  func perform(_ call: LLMCall) async throws -> LLMAnswer {
    guard call.end > .now else { throw LLMError(.deadline, "expected a deadline of more than zero") }
    let chain = try ModelChain(call.chain, settings)
    tellUnusable(chain)
    let log = LLMCallLog()
    let fingerprint = call.fingerprint
    counters.note { $0.calls += 1 }
    defer { reporter.note() }
    do {
      // A text is no vector.
      let fixedAnswer = call.kind.isEmbeddings ? nil : settings.fixedAnswer
      let ending = FallbackEnding<Kept>(
        cached: { [cache] in chain.endsInCache ? fingerprint.flatMap { cache.answer(to: $0) } : nil },
        fixed: fixedAnswer.map { Kept(text: $0, model: nil, finish: .complete, usage: nil) })
      let found = try await withFallback(
        try chain.fallback(settings, within: call.left), cooldowns: cooldowns, ending: ending
      ) {
        name in
        guard let model = chain[name] else { throw LLMError.unknownModel(name) }
        return try await ask(model, call, chain, log)
      }
      return answer(found, chain, log, fingerprint)
    } catch let failed as ChainFailed {
      counters.note { $0.failed += 1 }
      throw error(failed, call, log)
    } catch {
      counters.note { $0.failed += 1 }
      throw error
    }
  }

  /// One model, with its retries.
  private func ask(
    _ model: ModelFacts, _ call: LLMCall, _ chain: ModelChain, _ log: LLMCallLog
  ) async throws -> Kept {
    let left = call.left
    // It was not asked, so that this is no failure of the model.
    guard left > .zero else { throw CallFailure(.denied, message: "the deadline is over") }
    let isLast = chain.isLast(model.name)
    let share = isLast ? left : left * min(max(settings.sharePerMille, 0), 1_000) / 1_000
    let end = min(ContinuousClock.now + share, call.end)
    // A hint that is longer than half of the time is no reason to wait when somebody else can be asked.
    let policy = RetryPolicy(
      attempts: settings.attempts, deadline: share, backoff: settings.backoff, longestHint: isLast ? nil : left / 2,
      budget: retryBudget(model))
    var hooks = RetryHooks()
    hooks.willSleep = { [cooldowns] _, failure in await cooldowns.told(model.name, failure) }
    return try await withRetry(policy, hooks: hooks) { _ in
      // What somebody has begun to read cannot be taken back for another answer.
      guard let delay = settings.hedge, !call.kind.isStream else {
        return try await attempt(model, call, log, until: end)
      }
      return try await withHedge(after: delay) { try await self.attempt(model, call, log, until: end) }
    }
  }

  private func answer(
    _ found: FallbackAnswer<Kept>, _ chain: ModelChain, _ log: LLMCallLog, _ fingerprint: String?
  ) -> LLMAnswer {
    var facts = log.all
    let source: LLMAnswer.Source
    switch found.source {
    case .model(let name):
      source = .model(name)
      if let fingerprint { cache.store(found.answer, bytes: found.answer.text.utf8.count, for: fingerprint) }
      let refused = found.hops.first { if case .failed(.overBudget) = $0.reason { true } else { false } }
      if let refused { facts.changes.append(.downgraded(from: refused.model, to: name)) }
    case .cache(let age): source = .cache(age: age)
    case .fixed: source = .fixed
    }
    let isFallback =
      found.hops.count > 1 || found.hops.first.map { if case .answered = $0.reason { false } else { true } } ?? false
    if isFallback {
      counters.note { statistics in
        statistics.fallbacks += 1
        if let first = found.hops.first { statistics.fallbackReasons[first.word, default: 0] += 1 }
      }
      logger.info(
        "a fallback answered",
        metadata: ["hops": "\(found.hops.map(\.description).joined(separator: "; "))", "source": "\(source)"])
    }
    let isNew = if case .model = source { true } else { false }
    return LLMAnswer(
      text: found.answer.text, source: source, model: found.answer.model, finish: found.answer.finish,
      usage: isNew ? found.answer.usage : nil, isUsageEstimated: isNew && found.answer.isUsageEstimated,
      nanodollars: facts.attempts.reduce(0) { $0 + ($1.nanodollars ?? 0) }, attempts: facts.attempts, hops: found.hops,
      changes: facts.changes)
  }

  private func error(_ failed: ChainFailed, _ call: LLMCall, _ log: LLMCallLog) -> any Error {
    let facts = log.all
    if let thrown = facts.thrown { return thrown }
    let failure = failed.failure.map { ($0 as? RetriesEnded)?.failure ?? CallFailure.of($0) }
    var error: LLMError
    if let limiter = failure?.cause as? LimiterError {
      error = LLMError(.limiter, "\(limiter)")
    } else if let known = failure?.cause as? LLMError {
      error = known
    } else {
      switch failure?.errorClass {
      case .overBudget:
        let isMoney = facts.denial?.unit ?? .nanodollars == .nanodollars
        error = LLMError(isMoney ? .overBudget : .tooManySteps, failure?.message ?? "a budget is spent")
      case .callerError: error = LLMError(.invalidRequest, failure?.message ?? "the request makes no sense")
      case _ where call.left <= .zero: error = LLMError(.deadline, "no answer before the deadline: \(failed)")
      default: error = LLMError(.failed, "\(failed)")
      }
    }
    error.denial = facts.denial?.denial
    error.attempts = facts.attempts
    error.hops = failed.hops
    error.retryAfter = failed.retryAfter ?? failure?.hint
    error.partialText = facts.partialText
    return error
  }
}

extension FallbackHop {
  /// The reason as a metric's label.
  var word: String {
    switch reason {
    case .cooling: "cooldown"
    case .failed(let errorClass): errorClass.rawValue
    case .answered: "answered"
    }
  }
}
