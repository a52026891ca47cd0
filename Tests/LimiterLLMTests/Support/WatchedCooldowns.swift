import Resilience
import Synchronization

/// The cooldowns of one process; each look before something is sent is told, and waits until that has returned.
final class WatchedCooldowns: Cooldowns {
  private let own = LocalCooldowns<ContinuousClock>()
  private let looks = Mutex<[String: Int]>([:])
  private let look: @Sendable (_ model: String, _ number: Int) async -> Void

  /// - Parameter look: is given the model, and how often it was looked at: 1 for the first time.
  init(_ look: @escaping @Sendable (_ model: String, _ number: Int) async -> Void) { self.look = look }

  func cooling(_ model: String) async -> (time: Duration, reason: ErrorClass)? {
    let number = looks.withLock { looks in
      looks[model, default: 0] += 1
      return looks[model, default: 0]
    }
    await look(model, number)
    return own.cooling(model)
  }

  func admit(_ model: String) async -> CooldownAdmission { own.admit(model) }
  func succeeded(_ model: String, _ ticket: CircuitBreaker.Ticket) async { own.succeeded(model, ticket) }
  func failed(_ model: String, _ ticket: CircuitBreaker.Ticket, _ failure: CallFailure) async {
    own.failed(model, ticket, failure)
  }
  func told(_ model: String, _ failure: CallFailure) async { own.told(model, failure) }
  func abandoned(_ model: String, _ ticket: CircuitBreaker.Ticket) async { own.abandoned(model, ticket) }
}
