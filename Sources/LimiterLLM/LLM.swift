import AsyncHTTPClient
import LimiterCore
public import LimiterClient
public import Logging
public import Providers
public import Resilience
import Synchronization

/// Asks models for answers within the limits: waits its turn, stays in the budget, tries again, falls back.
///
/// ```swift
/// try await LimiterClient.withClient(.limiterd(socket: "/run/limiterd/limiterd.sock")) { limiter in
///   let llm = LLM(limiter)
///   let answer = try await llm.complete("What is a semaphore?", run: "r-17")
///   print(answer.text, answer.model ?? "", answer.nanodollars)
/// }
/// ```
///
/// Around a call stand, from outside in: the deadline, the chain of models, the retries, and per attempt a look at the model's cooldown, the
/// permit, the provider, the settlement. Nothing is held while it sleeps or queues. One per process is enough, and all functions may be called
/// from any task.
public final class LLM: Sendable {
  /// An answer as it is kept for the end of a chain.
  struct Kept: Sendable {
    var text: String
    var model: String?
    var finish: ChatAnswer.Finish
    var usage: TokenUsage?
    var isUsageEstimated = false
  }

  /// Who decides.
  public let limiter: LimiterClient
  /// How calls are made. Straight to Redis, the policy's prices are those of models of which the settings told none; over limiterd, those of
  /// its permits are.
  public let settings: LLMSettings
  /// Which models are left alone.
  public let cooldowns: any Cooldowns
  let logger: Logger
  let provider: ProviderClient
  let estimator = TokenEstimator()
  let budgets = BudgetWatch()
  let counters = LLMCounters()
  /// Whether the limiter is waited for when the provider has answered.
  let outage = OutagePause()
  let reporter: FleetReporter
  let cache: ResponseCache<Kept, ContinuousClock>
  private let retryBudgets = Mutex<[String: RetryBudget]>([:])
  private let toldOf = Mutex<Set<String>>([])

  /// Makes calls under a limiter, which must run as long.
  ///
  /// - Parameters:
  ///   - limiter: through limiterd or straight to Redis.
  ///   - cooldowns: who knows which models to leave alone; those of all workers of the domain by default, see ``SharedCooldowns``.
  ///   - logger: hears of models without a key, fallbacks and budgets that are nearly spent. Never of prompts, answers or keys.
  public init(
    _ limiter: LimiterClient, _ settings: LLMSettings = LLMSettings(), cooldowns: (any Cooldowns)? = nil,
    logger: Logger = Logger(label: "llm")
  ) {
    var settings = settings
    if let direct = limiter.backend as? Limiter { settings.takePrices(of: direct.settings.policy) }
    self.limiter = limiter
    self.settings = settings
    self.cooldowns = cooldowns ?? SharedCooldowns(limiter, settings.cooldown)
    self.logger = logger
    reporter = FleetReporter(limiter, counters, settings, logger)
    provider = ProviderClient(silence: settings.silence)
    cache = ResponseCache(count: settings.cache.answers, bytes: settings.cache.bytes)
  }

  deinit {
    // Keeps itself until its connections are closed.
    provider.http.shutdown { _ in }
  }

  /// Asks for an answer.
  ///
  /// - Parameters:
  ///   - request: what is asked.
  ///   - chain: the models, best first, `cache` at the end for an old answer; `nil`: the settings'.
  ///   - run: the run whose budget pays; a sub-run is `parent/child`.
  ///   - tenant: who pays; an old answer is one to the same tenant.
  ///   - attributes: further attributes that the policy may count by.
  ///   - priority: 1 urgent, 5 normal, 10 low.
  ///   - deadline: how long all of it may take, waits included.
  /// - Returns: the answer, who gave it, what it cost. An old answer is marked: see ``LLMAnswer/source``.
  /// - Throws: ``LLMError``; `CancellationError`: then nothing is held, and what was sent is charged.
  /// - Complexity: per attempt one script call for the permit, one for its settlement, one that looks at the budgets, and the provider's time.
  public func complete(
    _ request: ChatRequest, chain: [String]? = nil, run: String? = nil, tenant: String? = nil,
    attributes: [String: String] = [:], priority: Int = 5, deadline: Duration = .seconds(120)
  ) async throws -> LLMAnswer {
    let call = LLMCall(
      request: request, chain: chain ?? settings.chain, run: run, tenant: tenant, attributes: attributes,
      priority: priority, end: LLMCall.end(after: deadline))
    return try await perform(call)
  }

  /// Asks for an answer that comes in pieces.
  ///
  /// Until the first piece has come, another attempt or model may be asked, as in ``complete(_:chain:run:tenant:attributes:priority:deadline:)``.
  /// A stream that breaks after that is charged for what came, and throws with ``LLMError/partialText``.
  ///
  /// - Parameter onText: is given each piece as it comes; an old answer comes as one. What it throws ends the stream and is thrown here. It is
  ///   waited for: where it blocks and does not heed cancellation, the call ends later than the deadline.
  /// - Returns, throws: as `complete`.
  public func stream(
    _ request: ChatRequest, chain: [String]? = nil, run: String? = nil, tenant: String? = nil,
    attributes: [String: String] = [:], priority: Int = 5, deadline: Duration = .seconds(120),
    _ onText: @escaping @Sendable (String) async throws -> Void
  ) async throws -> LLMAnswer {
    let call = LLMCall(
      request: request, kind: .chat(onText: onText), chain: chain ?? settings.chain, run: run, tenant: tenant,
      attributes: attributes, priority: priority, end: LLMCall.end(after: deadline))
    let answer = try await perform(call)
    if case .model = answer.source { return answer }
    try await onText(answer.text)
    return answer
  }

  /// Tells the domain now what was counted since the last time; without it, it is told within five seconds of a call.
  public func report() async { await reporter.report() }

  /// What was counted since this one was made.
  public var statistics: LLMStatistics { counters.snapshot }

  func retryBudget(_ model: ModelFacts) -> RetryBudget {
    retryBudgets.withLock { budgets in
      let key = model.endpoint.provider + "/" + model.name
      if let known = budgets[key] { return known }
      let new = RetryBudget()
      budgets[key] = new
      return new
    }
  }

  /// Once for each model.
  func tellUnusable(_ chain: ModelChain) {
    for (model, error) in chain.unusable where toldOf.withLock({ $0.insert(model).inserted }) {
      logger.warning("a model of the chain cannot be asked", metadata: ["model": "\(model)", "error": "\(error)"])
    }
  }
}
