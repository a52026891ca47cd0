/// What kind of failure a call ended with. What follows from it is data: ``handling``.
public enum ErrorClass: String, Sendable, Hashable, CaseIterable {
  /// The provider's rate limit (429), or its throttling.
  case rateLimited
  /// Money or a long quota is spent: waiting does not help.
  case quotaExhausted
  /// The provider has too much to do (529, 503).
  case overloaded
  /// A failure of the moment: 500, 502, 504, a reset or refused connection.
  case transient
  /// The deadline passed after the request was sent: what the provider did is unknown.
  case timeout
  /// The request is longer than the model's context window.
  case contextTooLong
  /// Refused for its content.
  case contentPolicy
  /// A wrong key, no permission, an unknown model.
  case authOrConfiguration
  /// The request makes no sense.
  case callerError
  /// The stream ended with an error after its first byte.
  case streamBroken
  /// Our own limits said no: no failure of the provider.
  case denied
  /// Our own budget is spent: another model is asked only if the chain says so.
  case overBudget
}

/// What follows from a class of failures.
public struct ErrorHandling: Sendable, Hashable {
  /// Whether the same model is asked again.
  public enum Retry: Sendable, Hashable {
    case never
    /// After a backoff that begins at this base.
    case afterBackoff(base: Duration)
    /// Once, if doing it twice does no harm.
    case onceIfIdempotent(base: Duration)
  }

  /// Whether the next model of a chain is asked.
  public enum Fallback: Sendable, Hashable {
    case never
    case always
    /// Only a model with a larger context window.
    case largerContext
    /// Only if the chain says so for this class.
    case ifConfigured
  }

  /// Whether the model is left alone for a while, by all.
  public enum Cooldown: Sendable, Hashable {
    case none
    /// As long as the provider says.
    case forHint
    /// At least this long, or as the provider says.
    case long(Duration)
    /// After several of them.
    case afterThreshold
    /// It does not help before somebody changes something: by this process, whose key it is.
    case untilChanged
  }

  /// Whether the same model is asked again.
  public var retry: Retry
  /// Whether another model is asked.
  public var fallback: Fallback
  /// Whether the model is left alone.
  public var cooldown: Cooldown
  /// What a retry takes from the ``RetryBudget``.
  public var retryCost: Int
}

extension ErrorClass {
  /// What follows: one table, so that a user can read it.
  public var handling: ErrorHandling {
    let short = Duration.milliseconds(500)
    switch self {
    case .rateLimited:
      return ErrorHandling(retry: .afterBackoff(base: .seconds(1)), fallback: .always, cooldown: .forHint, retryCost: 5)
    case .quotaExhausted:
      return ErrorHandling(retry: .never, fallback: .always, cooldown: .long(.seconds(300)), retryCost: 0)
    case .overloaded:
      return ErrorHandling(
        retry: .afterBackoff(base: .seconds(2)), fallback: .always, cooldown: .afterThreshold, retryCost: 14)
    case .transient:
      return ErrorHandling(
        retry: .afterBackoff(base: short), fallback: .always, cooldown: .afterThreshold, retryCost: 14)
    case .timeout:
      return ErrorHandling(
        retry: .onceIfIdempotent(base: short), fallback: .always, cooldown: .afterThreshold, retryCost: 14)
    case .contextTooLong:
      return ErrorHandling(retry: .never, fallback: .largerContext, cooldown: .none, retryCost: 0)
    case .contentPolicy: return ErrorHandling(retry: .never, fallback: .ifConfigured, cooldown: .none, retryCost: 0)
    case .authOrConfiguration:
      return ErrorHandling(retry: .never, fallback: .always, cooldown: .untilChanged, retryCost: 0)
    case .callerError: return ErrorHandling(retry: .never, fallback: .never, cooldown: .none, retryCost: 0)
    // Half of an answer was seen: who saw it decides.
    case .streamBroken: return ErrorHandling(retry: .never, fallback: .never, cooldown: .afterThreshold, retryCost: 0)
    case .denied: return ErrorHandling(retry: .never, fallback: .always, cooldown: .none, retryCost: 0)
    case .overBudget: return ErrorHandling(retry: .never, fallback: .ifConfigured, cooldown: .none, retryCost: 0)
    }
  }

  /// Whether an old answer is better than none: what the caller did wrong, it does not mend.
  var allowsOldAnswer: Bool { self == .overBudget || handling.fallback == .always }
}
