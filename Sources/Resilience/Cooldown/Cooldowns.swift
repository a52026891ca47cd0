import Synchronization

/// Who knows which models are to be left alone: of this process, of all that share a Redis, or by rules of your own.
///
/// Whoever is admitted says once how the call ended, with the ticket that it got: ``succeeded(_:_:)``, ``failed(_:_:_:)`` or ``abandoned(_:_:)``.
/// All functions may be called from any task, and none throws: while nobody can be asked, a model may be.
public protocol Cooldowns: Sendable {
  /// May a call to a model begin? A cooldown tells how much longer it lasts, and why.
  func admit(_ model: String) async -> CooldownAdmission
  /// A call has succeeded. A probe's success ends the cooldown, if its ticket is of the state that is now.
  func succeeded(_ model: String, _ ticket: CircuitBreaker.Ticket) async
  /// A call has failed, with its last attempt. What that means for the model is in the failure's `errorClass.handling.cooldown`, where it is not
  /// ``CallFailure/isOwnCooldown``, which says nothing.
  func failed(_ model: String, _ ticket: CircuitBreaker.Ticket, _ failure: CallFailure) async
  /// How much longer a model is left alone, and why; `nil`: it may be asked. Takes no probe's place.
  func cooling(_ model: String) async -> (time: Duration, reason: ErrorClass)?
  /// An attempt failed, and its call goes on: what the provider said all are to know at once, and that it failed counts.
  func told(_ model: String, _ failure: CallFailure) async
  /// The call was cancelled, or never sent.
  func abandoned(_ model: String, _ ticket: CircuitBreaker.Ticket) async
}

/// Whether a model may be asked.
public enum CooldownAdmission: Sendable, Hashable {
  /// It may; the ticket goes with what came of it.
  case clear(CircuitBreaker.Ticket)
  /// It is left alone for so much longer; why.
  case cooling(for: Duration, ErrorClass)
}

/// The cooldowns of one process.
public final class LocalCooldowns<Time: Clock>: Cooldowns where Time.Duration == Duration {
  private let policy: CooldownPolicy
  private let clock: Time
  private let start: Time.Instant
  private let breakers = Mutex<[String: CircuitBreaker]>([:])

  /// No model is left alone.
  public init(_ policy: CooldownPolicy = CooldownPolicy(), clock: Time = ContinuousClock()) {
    self.policy = policy
    self.clock = clock
    start = clock.now
  }

  /// See ``Cooldowns/admit(_:)``.
  public func admit(_ model: String) -> CooldownAdmission {
    let now = now
    switch with(model, { $0.admit(at: now) }) {
    case .clear(let ticket): return .clear(ticket)
    case .cooling(let until, let reason): return .cooling(for: .microseconds(until - now), reason)
    }
  }

  /// A call has succeeded.
  public func succeeded(_ model: String, _ ticket: CircuitBreaker.Ticket) {
    with(model) { $0.succeeded(ticket, at: now) }
  }

  /// A call has failed.
  public func failed(_ model: String, _ ticket: CircuitBreaker.Ticket, _ failure: CallFailure) {
    with(model) { $0.failed(ticket, failure, at: now) }
  }

  /// See ``Cooldowns/cooling(_:)``.
  public func cooling(_ model: String) -> (time: Duration, reason: ErrorClass)? {
    let now = now
    return with(model) { $0.cooling(at: now) }.map { (.microseconds($0.until - now), $0.reason) }
  }

  /// See ``Cooldowns/told(_:_:)``.
  public func told(_ model: String, _ failure: CallFailure) {
    with(model) { $0.told(failure, at: now) }
  }

  /// A call ended without a result.
  public func abandoned(_ model: String, _ ticket: CircuitBreaker.Ticket) {
    with(model) { $0.abandoned(ticket) }
  }

  /// Somebody says that a model is back.
  public func clear(_ model: String) {
    with(model) { $0.clear() }
  }

  private var now: Int64 { start.duration(to: clock.now).microseconds }

  private func with<Result: Sendable>(_ model: String, _ body: (inout CircuitBreaker) -> Result) -> Result {
    breakers.withLock { breakers in body(&breakers[model, default: CircuitBreaker(policy)]) }
  }
}
