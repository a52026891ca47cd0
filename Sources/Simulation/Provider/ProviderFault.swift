/// Something that goes wrong at the provider, for a time.
package struct ProviderFault: Codable, Sendable, Hashable {
  package enum Kind: String, Codable, Sendable, CaseIterable {
    /// 429, with what `retry_after` says.
    case rateLimit = "rate_limit"
    /// 429 `insufficient_quota`: waiting does not help.
    case quota
    /// 529 for Anthropic, 503 for OpenAI.
    case overloaded
    /// 500.
    case serverError = "server_error"
    /// 400: the request is longer than the context.
    case contextTooLong = "context_too_long"
    /// 400: refused for its content.
    case contentFilter = "content_filter"
    /// 401.
    case unauthorized
    /// Answers `delay` later.
    case slow
    /// The connection breaks off in the middle of the answer.
    case cut
    /// The connection breaks off before the answer.
    case drop
    /// The answer is no JSON.
    case notJSON = "not_json"
    /// The usage is negative.
    case wrongUsage = "wrong_usage"
    /// The usage is missing.
    case noUsage = "no_usage"

    /// Whether the call is worked on, and billed.
    var isWorkedOn: Bool { [.slow, .cut, .notJSON, .wrongUsage, .noUsage].contains(self) }
  }

  package var kind: Kind
  /// Seconds since the provider's start, or in a simulation since the first arrivals; before them it is not met.
  package var from: Double?
  package var to: Double?
  /// Seconds since the first call that it met.
  package var lasts: Double?
  /// Only calls of this model.
  package var model: String?
  /// Only every n-th call that it would meet.
  package var every: Int?
  /// At most so many calls.
  package var count: Int?
  /// What a 429 says: `2` or `1.5` seconds, `1500ms`, `date:2` (an HTTP date in 2 seconds), `none`, or anything else as it is.
  package var retryAfter: String?
  /// Seconds.
  package var delay: Double?

  package init(
    _ kind: Kind, from: Double? = nil, to: Double? = nil, lasts: Double? = nil, model: String? = nil, every: Int? = nil,
    count: Int? = nil,
    retryAfter: String? = nil, delay: Double? = nil
  ) {
    self.kind = kind
    self.from = from
    self.to = to
    self.lasts = lasts
    self.model = model
    self.every = every
    self.count = count
    self.retryAfter = retryAfter
    self.delay = delay
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case kind, from, to, lasts, model, every, count, delay
    case retryAfter = "retry_after"
  }
}
