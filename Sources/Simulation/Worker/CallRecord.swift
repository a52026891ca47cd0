/// What became of one call, as its worker saw it.
package struct CallRecord: Codable, Sendable, Equatable {
  package enum Outcome: String, Codable, Sendable {
    case completed
    /// The provider said 429.
    case rejected
    /// Sent, or meant to be sent, and broken on the way.
    case broken
    /// The run ended while it waited.
    case expired
    /// The budget does not allow it.
    case unaffordable
    /// The limiter could not decide.
    case undecided
    /// With a chain: no model answered, but somebody had before.
    case cached
    /// With a chain: nobody answered.
    case unanswered
  }

  package var outcome: Outcome
  package var inputTokens: Int64
  package var outputTokens: Int64
  /// From its arrival until it was granted or denied.
  package var waitMilliseconds: Double
  /// Server time in microseconds; `nil` if it was not granted.
  package var grantedAt: Int64?
  /// What it was charged, in nanodollars.
  package var nanodollars: Int64 = 0
  /// Of that, for attempts of which nobody knows what the provider did: it may have billed less.
  package var unknownNanodollars: Int64?
  /// Until when, in microseconds since 1970, it met failures of the provider or cooldowns; `nil`: it met none.
  package var troubledUntil: Int64?
  /// With a chain: when it began, in microseconds since 1970.
  package var beganAt: Int64?
  /// With a chain, where nobody tells when a call was granted: one of its attempts was.
  package var wasAdmitted: Bool?
  /// The model that answered, with a chain.
  package var model: String?

  /// Whether it waited for a permit that came.
  var hadPermit: Bool { grantedAt != nil || wasAdmitted == true }

  package init(
    _ outcome: Outcome, _ call: TraceCall, waitMilliseconds: Double, grantedAt: Int64? = nil, nanodollars: Int64 = 0
  ) {
    self.outcome = outcome
    inputTokens = call.inputTokens
    outputTokens = call.outputTokens
    self.waitMilliseconds = waitMilliseconds
    self.grantedAt = grantedAt
    self.nanodollars = nanodollars
  }

  // One letter each: a run has many of them.
  enum CodingKeys: String, CodingKey {
    case outcome = "o"
    case inputTokens = "i"
    case outputTokens = "t"
    case waitMilliseconds = "w"
    case grantedAt = "g"
    case nanodollars = "n"
    case unknownNanodollars = "u"
    case troubledUntil = "x"
    case beganAt = "b"
    case wasAdmitted = "p"
    case model = "m"
  }
}
