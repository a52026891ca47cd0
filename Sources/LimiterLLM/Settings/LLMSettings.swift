public import LimiterCore
public import Providers
public import Resilience

/// How calls are made. The defaults need nothing but a provider's key in the environment.
public struct LLMSettings: Sendable {
  /// What is said of one model, where the price list does not know it or is wrong.
  public struct Model: Sendable, Hashable {
    /// The provider, as in ``LLMSettings/endpoints``.
    public var provider: String?
    /// The provider's name of it; `nil`: the same name.
    public var providerModel: String?
    /// Nanodollars per million input tokens; counts where ``outputPrice`` is told, too.
    public var inputPrice: Int64?
    /// Nanodollars per million output tokens.
    public var outputPrice: Int64?
    /// Tokens of question and answer together.
    public var contextWindow: Int64?
    /// Tokens of the longest answer.
    public var longestOutput: Int64?

    /// What is known; the rest comes from the price list.
    public init(
      provider: String? = nil, providerModel: String? = nil, inputPrice: Int64? = nil, outputPrice: Int64? = nil,
      contextWindow: Int64? = nil, longestOutput: Int64? = nil
    ) {
      self.provider = provider
      self.providerModel = providerModel
      self.inputPrice = inputPrice
      self.outputPrice = outputPrice
      self.contextWindow = contextWindow
      self.longestOutput = longestOutput
    }
  }

  /// The models that are asked, best first, where a call names none; `cache` at the end is the last answer to the same request of the
  /// same tenant.
  public var chain = ["gpt-4o", "gpt-4o-mini", "cache"]
  /// Models that are asked instead of the rest of the chain after a failure of a class, best first: after `contentPolicy` another
  /// provider, after `contextTooLong` a model with a larger window. Those that the call has asked already are left out.
  public var fallbacks: [ErrorClass: [String]] = [:]
  /// What is said of models by name.
  public var models: [String: Model] = [:]
  /// Endpoints by provider; others are `ProviderEndpoint.named(_:)`.
  public var endpoints: [String: ProviderEndpoint] = [:]
  /// Where base URLs and keys come from; the process' environment by default. Keys are not kept anywhere else, nor logged.
  public var environment: [String: String]
  /// What becomes of a call that a budget stops.
  public var overBudget = OverBudget.stop
  /// `shrink` never asks for fewer output tokens.
  public var leastOutput: Int64 = 64
  /// Calls of one model, the first one included: at least 1.
  public var attempts = 4
  /// How long to wait before a model is asked again.
  public var backoff = Backoff()
  /// When a model is left alone.
  public var cooldown = CooldownPolicy()
  /// A call that has another model to fall back to gets at most this part of the time that is left, in thousandths: 0 to 1,000, beyond them the
  /// nearest. With 0 only the last model of a chain is asked.
  public var sharePerMille = 500
  /// A call without an answer after this long is made a second time at the same model, under a permit of its own; the first answer counts, and both
  /// are charged. `nil`, the default: never.
  public var hedge: Duration?
  /// One attempt takes at most this long.
  public var attemptTime: Duration = .seconds(120)
  /// A stream that says nothing for so long is broken.
  public var silence: Duration = .seconds(60)
  /// When all models are left alone and there is no other end, how long to wait for the first that is not.
  public var waitsForCooldown: Duration = .seconds(30)
  /// The answer when nothing else is; `nil`: none. Not of embeddings.
  public var fixedAnswer: String?
  /// Answers that are kept for `cache`, and their bytes together.
  public var cache: (answers: Int, bytes: Int) = (1_000, 64 << 20)
  /// From this part of a budget on, in thousandths, it is warned once.
  public var warningPerMille: Int64 = 800
  /// Hears of it, once for each budget and period of this process; the log does, too.
  public var onBudgetWarning: (@Sendable (BudgetWarning) -> Void)?
  /// When too many calls of all workers fall back. With limiterd its own policy says so.
  public var alarm = FleetAlarm()
  /// Hears of it when that begins and ends: one process of the domain does, and the log of that one.
  public var onFallbackAlert: (@Sendable (FleetReport) -> Void)?
  /// A URL that is told, too, as JSON by POST. With limiterd leave that to its policy.
  public var webhook: String?

  /// The defaults, with keys and base URLs from an environment.
  public init(environment: [String: String] = LLMSettings.processEnvironment) {
    self.environment = environment
  }
}
