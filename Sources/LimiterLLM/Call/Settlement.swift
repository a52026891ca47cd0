import LimiterClient
import LimiterCore
import Providers
import Resilience

/// How a permit is settled: what a provider counts and what it bills are two things, by the way in which the call ended.
enum Settlement: Sendable, Hashable {
  /// Everything goes back.
  case notSent
  /// Nobody knows: it stays charged as reserved, and is listed.
  case unknown
  /// What is counted, what was used, and what that costs where the limiter does not compute it by itself.
  case used(Usage, TokenUsage?, nanodollars: Int64?)

  /// By the way in which a call ended. A failure keeps its reservation of the rates where providers do, and costs no money unless something
  /// came.
  init(_ outcome: ProviderClient.Outcome, _ plan: CallPlan, _ estimator: TokenEstimator) {
    guard outcome.wasSent else {
      self = .notSent
      return
    }
    switch outcome.result {
    case .success(let answer):
      let estimate = TokenUsage(
        input: plan.input, output: estimator.tokens(bytes: answer.text.utf8.count, model: plan.model.name))
      self.init(answer.usage ?? estimate, plan)
    case .failure(let failure):
      self.init(failure, outcome, plan, estimator)
    }
  }

  private init(
    _ failure: CallFailure, _ outcome: ProviderClient.Outcome, _ plan: CallPlan, _ estimator: TokenEstimator
  ) {
    let nothing = Usage(inputTokens: 0, outputTokens: 0, tokens: 0, nanodollars: 0)
    // A refusal that tells its usage is whole, whatever came before it.
    if let usage = (failure.cause as? Refusal)?.usage {
      self.init(usage, plan)
      return
    }
    switch failure.errorClass {
    case _ where !outcome.text.isEmpty: self.init(cut: outcome.text, outcome.usage, plan, estimator)
    case .rateLimited: self = .used(Usage(nanodollars: 0), nil, nanodollars: 0)
    case .quotaExhausted, .overloaded, .contextTooLong, .authOrConfiguration, .callerError, .denied, .overBudget:
      self = .used(nothing, nil, nanodollars: 0)
    case .contentPolicy:
      if let usage = outcome.usage {
        self.init(usage, plan)
      } else {
        // Refused by a status: it was not worked on. Refused by an answer that tells no usage: it was.
        self = failure.status == 200 ? .used(.unknown, nil, nanodollars: nil) : .used(nothing, nil, nanodollars: 0)
      }
    case .transient:
      switch failure.status {
      // The connection broke, and the provider may have worked and billed.
      case nil: self = .unknown
      // It has answered, but nobody can read what.
      case 200: self = .used(.unknown, nil, nanodollars: nil)
      default: self = .used(Usage(nanodollars: 0), nil, nanodollars: 0)
      }
    case .timeout, .streamBroken: self = .unknown
    }
  }

  /// A stream that ended too soon: its input, and the output that came.
  init(cut text: String, _ usage: TokenUsage?, _ plan: CallPlan, _ estimator: TokenEstimator) {
    let came = estimator.tokens(bytes: text.utf8.count, model: plan.model.name)
    self.init(
      TokenUsage(
        input: usage?.input ?? plan.input, output: max(usage?.output ?? 0, came), cachedInput: usage?.cachedInput ?? 0),
      plan)
  }

  private init(_ usage: TokenUsage, _ plan: CallPlan) {
    // Limits of some providers do not count what they read from their cache; their bill does, so that the money is told apart.
    let isCacheFree = !plan.model.countsCachedInput && usage.cachedInput > 0
    let cost = plan.model.cost(usage)
    let counted = Usage(
      inputTokens: isCacheFree ? usage.input - usage.cachedInput : usage.input, outputTokens: usage.output,
      nanodollars: isCacheFree ? cost : nil)
    self = .used(counted, usage, nanodollars: cost)
  }

  var usage: TokenUsage? { if case .used(_, let usage, _) = self { usage } else { nil } }

  /// What it costs; of what is unknown, what stays reserved.
  func nanodollars(_ plan: CallPlan) -> Int64? {
    switch self {
    case .notSent: 0
    case .used(_, _, let nanodollars?): nanodollars
    case .unknown, .used(_, _, nil): plan.model.cost(TokenUsage(input: plan.input, output: plan.longest))
    }
  }
}
