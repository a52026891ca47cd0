public import Foundation
public import Resilience

/// Tells of a provider's answer what kind of failure it is. One table for all providers: what one calls an error, no other calls something
/// else.
public enum ErrorClassifier {
  /// Money or a long quota is spent.
  static let quotaNames: Set<String> = [
    "insufficient_quota", "credit_balance_exhausted", "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded",
    "organization_usage_limit_exceeded", "enforced_spend_limit_reached", "billing_hard_limit_reached", "billing_error",
    "servicequotaexceededexception",
  ]
  static let throttleNames: Set<String> = [
    "rate_limit_exceeded", "rate_limit_error", "slow_down", "throttlingexception", "toomanyrequestsexception",
    "ratelimitreached",
  ]
  static let overloadNames: Set<String> = [
    "overloaded_error", "server_is_overloaded", "serviceunavailableexception", "modelnotreadyexception", "unavailable",
    "capacity_exceeded", "engine_overloaded",
  ]
  static let contextNames: Set<String> = ["context_length_exceeded", "string_above_max_length"]
  static let contentNames: Set<String> = [
    "content_filter", "content_policy_violation", "responsibleaipolicyviolation", "refusal", "moderation_blocked",
  ]
  static let keyNames: Set<String> = [
    "invalid_api_key", "authentication_error", "permission_error", "permission_denied", "unauthenticated",
    "accessdeniedexception", "unrecognizedclientexception", "expiredtokenexception", "api_key_invalid",
    "model_not_found", "deploymentnotfound", "not_found_error", "resourcenotfoundexception", "failed_precondition",
    "unsupported_country_region_territory",
  ]
  /// The provider failed by itself; a stream says so with status 200.
  static let serverNames: Set<String> = ["api_error", "internal_server_error", "server_error"]
  /// Whatever else stands in a name's place may be a sentence with a key or a prompt in it.
  private static let knownNames =
    quotaNames.union(throttleNames).union(overloadNames).union(contextNames).union(contentNames).union(keyNames)
    .union(serverNames)

  /// The failure that an answer is; `nil`: it is none (a status below 400, and no error in its body).
  ///
  /// The message has the status, and the error's name if it is one of these tables: what providers write may hold parts of keys and prompts.
  ///
  /// - Parameter body: as much of it as was read; need not be JSON.
  public static func failure(
    status: Int, headers: ProviderHeaders = [:], body: [UInt8] = [], now: Date = .now
  ) -> CallFailure? {
    var error = ErrorBody(body)
    if let type = headers["x-amzn-errortype"] {
      error.names.insert(
        (type.split(whereSeparator: { $0 == ":" || $0 == "#" }).first.map(String.init) ?? "").lowercased())
    }
    guard let errorClass = errorClass(status, error) else { return nil }
    let name = error.names.intersection(knownNames).sorted().first.map { " \($0)" } ?? ""
    return CallFailure(
      errorClass, hint: RetryHint.of(headers, now: now) ?? error.retryDelay,
      shouldRetry: RetryHint.shouldRetry(headers),
      status: status, message: "the provider answered with status \(status)\(name)")
  }

  private static func errorClass(_ status: Int, _ error: ErrorBody) -> ErrorClass? {
    // What money stops is stopped whatever else it says.
    // Anthropic says it with 400 and `invalid_request_error`.
    if !error.names.isDisjoint(with: quotaNames) || status == 402 || error.says("credit balance is too low") {
      return .quotaExhausted
    }
    if error.quotas.contains(where: { $0.contains("PerDay") }) { return .quotaExhausted }
    if status == 413 { return .callerError }
    if !error.names.isDisjoint(with: overloadNames) || status == 529 || status == 498 { return .overloaded }
    if !error.names.isDisjoint(with: throttleNames) || status == 429 { return .rateLimited }
    if !error.names.isDisjoint(with: contextNames) || isTooLong(error) { return .contextTooLong }
    if !error.names.isDisjoint(with: contentNames) { return .contentPolicy }
    if !error.names.isDisjoint(with: keyNames) || error.says("api key not valid") { return .authOrConfiguration }
    switch status {
    case ..<400:
      // An error event of a stream comes with status 200.
      return error.names.isDisjoint(with: serverNames) ? nil : .transient
    case 401, 403, 404: return .authOrConfiguration
    case 408: return .timeout
    case 409, 424: return .transient
    case 503: return .overloaded
    case 500...: return .transient
    default: return .callerError
    }
  }

  private static func isTooLong(_ error: ErrorBody) -> Bool {
    error.says(
      "maximum context length", "prompt is too long", "exceeds the maximum number of tokens", "input is too long",
      "exceed context limit", "too many input tokens", "input token count")
  }
}
