import Resilience
import TestSupport

/// Lets every call probe its model, after some time; what is told as a failure is recorded.
final class LateCooldowns: Cooldowns {
  let failures = Recorder<ErrorClass>()
  private let time: Duration

  init(_ time: Duration) { self.time = time }

  func admit(_ model: String) async -> CooldownAdmission {
    try? await Task.sleep(for: time)
    return .clear(CircuitBreaker.Ticket(generation: 1, isProbe: true))
  }

  func cooling(_ model: String) async -> (time: Duration, reason: ErrorClass)? { nil }
  func succeeded(_ model: String, _ ticket: CircuitBreaker.Ticket) async {}
  func failed(_ model: String, _ ticket: CircuitBreaker.Ticket, _ failure: CallFailure) async {
    failures.record(failure.errorClass)
  }
  func told(_ model: String, _ failure: CallFailure) async {}
  func abandoned(_ model: String, _ ticket: CircuitBreaker.Ticket) async {}
}
