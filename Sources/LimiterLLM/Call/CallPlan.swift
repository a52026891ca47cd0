import LimiterClient
import LimiterCore
import Providers
import Resilience

/// What one attempt asks for, and what it is expected to use.
struct CallPlan: Sendable {
  var model: ModelFacts
  var request: ChatRequest
  var admission: AdmissionRequest
  var input: Int64
  /// What the answer is expected to have.
  var output: Int64
  /// What it can have at most, as far as that is known: money is reserved for it.
  var longest: Int64
}

/// An attempt that has its permit, and may be sent.
struct GrantedCall: Sendable {
  var plan: CallPlan
  var permit: Permit
  /// When it got it.
  var grantedAt: ContinuousClock.Instant
  /// How long it waited for its permit.
  var waited: Duration
  /// How long the provider may take.
  var time: Duration
  /// Whether the model was asked before in the same call.
  var isRetry: Bool

  /// It as it ends now.
  func ended(_ failure: CallFailure?, wasSent: Bool, _ settlement: Settlement) -> LLMAttempt {
    LLMAttempt(
      model: plan.model.name, failure: failure, waited: waited, took: grantedAt.duration(to: .now), wasSent: wasSent,
      nanodollars: settlement.nanodollars(plan))
  }
}
