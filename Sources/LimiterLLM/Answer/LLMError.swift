import LimiterConfiguration
public import LimiterClient
public import Resilience

/// Why there is no answer.
public struct LLMError: Error, Sendable, CustomStringConvertible {
  /// The kinds of errors.
  public enum Code: String, Sendable, Hashable {
    /// Neither the price list nor the settings know the model.
    case unknownModel
    /// There is no key for the model's provider.
    case noKey
    /// The base URL is missing or no URL, or the provider is not asked by us.
    case invalidEndpoint
    /// The chain is empty, or has a model twice.
    case invalidChain
    /// The request makes no sense.
    case invalidRequest
    /// A budget stopped the call, and nothing else was allowed.
    case overBudget
    /// A budget of requests or tokens stopped the call: the run has made all steps that it may.
    case tooManySteps
    /// The deadline is over.
    case deadline
    /// The limiter could not decide, or the request breaks its rules: a priority that is not 1 to 10, an empty run or tenant, a run such as `a//b`, a negative
    /// `maximumOutputTokens`, a model that the policy does not have. Its `LimiterError` is the message, and the cause of the last attempt's failure.
    case limiter
    /// No model gave an answer.
    case failed
  }

  /// What kind of error it is.
  public var code: Code
  /// What was expected, what came, what to do.
  public var message: String
  /// Of a budget: the denial with its numbers.
  public var denial: Denial?
  /// All attempts, first one first.
  public var attempts: [LLMAttempt] = []
  /// What became of each model.
  public var hops: [FallbackHop] = []
  /// After how long it may be tried again, where that is known.
  public var retryAfter: Duration?
  /// What had come of a stream that broke.
  public var partialText: String?

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  static func unknownModel(_ name: String) -> LLMError {
    let near = PriceList.builtIn.suggestions(for: name)
    let advice =
      near.isEmpty
      ? "name its provider in the settings" : "did you mean \(near.map { "`\($0)`" }.joined(separator: ", "))?"
    return LLMError(.unknownModel, "no model `\(name)` is known; \(advice)")
  }

  /// Code, message, and what each attempt failed with.
  public var description: String {
    let told = attempts.compactMap { attempt in attempt.failure.map { "\(attempt.model): \($0)" } }
    return "\(code.rawValue): \(message)\(told.isEmpty ? "" : " (\(told.joined(separator: "; ")))")"
  }
}
