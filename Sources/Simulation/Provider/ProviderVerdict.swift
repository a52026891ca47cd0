/// What the provider's own count says about one call.
struct ProviderVerdict {
  /// Headers of one limit, as OpenAI sends them with every answer.
  struct Meter {
    var name: String
    var limit: Int64
    var remaining: Int64
    var resetMicroseconds: Int64
  }

  struct Rejection {
    /// The limit that is used up: `requests`, `tokens`, `concurrency` ...
    var name: String
    var limit: Int64
    var used: Int64
    var requested: Int64
    var lengthMicroseconds: Int64?
    /// `nil`: this call never fits.
    var retryMicroseconds: Int64?
  }

  /// The call's place in the log.
  var number: Int
  var meters: [Meter]
  var rejection: Rejection?
}
