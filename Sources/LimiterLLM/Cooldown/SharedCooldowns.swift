public import LimiterClient
package import LimiterCore
public import Resilience
import Synchronization

/// The cooldowns of all workers of a domain, in Redis: what one is told by a provider, all know at their next call.
///
/// How often calls fail is counted by each process for itself; when that is too often for one, all leave the model alone. The time is the
/// server's. While Redis or limiterd does not answer, what this process was told itself counts: it is waited for a short time, and after that not
/// at all for some seconds.
///
/// A wrong key or base URL is this process' own, and so may be a network without a way to the provider: the cooldown after it is, too, and others
/// go on. A provider that nobody can reach keeps each process away by its own failures.
public final class SharedCooldowns: Cooldowns {
  /// How long one is waited for.
  static let longestLook: Duration = .milliseconds(250)

  private let store: @Sendable (_ model: String, CooldownCall) async throws -> CooldownState
  private let policy: CooldownPolicy
  /// What counts while nobody answers.
  private let own: LocalCooldowns<ContinuousClock>
  /// What only this process leaves alone: until somebody changes something, or because it finds no way there.
  private let barred: LocalCooldowns<ContinuousClock>
  private let outage = OutagePause()
  private let windows = Mutex<[String: FailureWindow]>([:])
  private let start = ContinuousClock.now

  /// - Parameter limiter: must run as long.
  public convenience init(_ limiter: LimiterClient, _ policy: CooldownPolicy = CooldownPolicy()) {
    self.init(policy) { model, asked in try await limiter.backend.cooldown(of: model, asked) }
  }

  /// - Parameter store: who knows the cooldowns of all.
  package init(
    _ policy: CooldownPolicy,
    store: @escaping @Sendable (_ model: String, CooldownCall) async throws -> CooldownState
  ) {
    self.store = store
    self.policy = policy.bounded
    own = LocalCooldowns(policy)
    barred = LocalCooldowns(policy)
  }

  /// See `Cooldowns`.
  public func admit(_ model: String) async -> CooldownAdmission {
    if let (time, reason) = barred.cooling(model) { return .cooling(for: time, reason) }
    let asked = CooldownCall.admit(probes: Int64(policy.probes), lease: max(policy.probeTime.microseconds, 1))
    guard let state = await ask(model, asked) else {
      if let (time, reason) = own.cooling(model) { return .cooling(for: time, reason) }
      return .clear(CircuitBreaker.Ticket(generation: 0, isProbe: false))
    }
    switch state.admission {
    case .cooling: return .cooling(for: .microseconds(state.left), state.errorClass)
    case .clear, .probe:
      return .clear(
        CircuitBreaker.Ticket(generation: Int(state.generation), isProbe: state.admission == .probe))
    }
  }

  /// See `Cooldowns`.
  public func cooling(_ model: String) async -> (time: Duration, reason: ErrorClass)? {
    if let known = barred.cooling(model) { return known }
    guard let state = await ask(model, .look) else { return own.cooling(model) }
    return state.admission == .cooling ? (.microseconds(state.left), state.errorClass) : nil
  }

  /// See `Cooldowns`.
  public func succeeded(_ model: String, _ ticket: CircuitBreaker.Ticket) async {
    if case .clear(let own) = barred.admit(model) { barred.succeeded(model, own) }
    barred.clear(model)
    if ticket.isProbe {
      _ = await ask(model, .succeeded(generation: Int64(ticket.generation)))
    } else {
      with(model) { $0.succeeded(at: now) }
    }
  }

  /// See `Cooldowns`.
  public func failed(_ model: String, _ ticket: CircuitBreaker.Ticket, _ failure: CallFailure) async {
    if failure.isOwnNetwork {
      note(model, failure, in: barred)
      return await abandoned(model, ticket)
    }
    let time: Duration?
    switch failure.cooldownVerdict {
    case .nothing: return await abandoned(model, ticket)
    case .untilChanged:
      // It says nothing of the model to those that have another key.
      note(model, failure, in: barred)
      return await abandoned(model, ticket)
    case .hint(let hint): return await hinted(model, failure, hint)
    case .time(let long):
      note(model, failure, in: own)
      time = long
    case .counts:
      guard ticket.isProbe || with(model, { $0.failed(at: now) }) else { return }
      time = nil
    }
    with(model) { $0 = FailureWindow(policy) }
    await open(model, failure, for: time, generation: Int64(ticket.generation))
  }

  /// See `Cooldowns`.
  public func told(_ model: String, _ failure: CallFailure) async {
    if failure.isOwnNetwork { return note(model, failure, in: barred) }
    switch failure.cooldownVerdict {
    case .hint(let hint): return await hinted(model, failure, hint)
    case .nothing, .time, .untilChanged: return
    case .counts: break
    }
    guard with(model, { $0.failed(at: now) }) else { return }
    with(model) { $0 = FailureWindow(policy) }
    // Only if nobody else has: an attempt that is no probe says nothing of a model that is left alone already.
    await open(model, failure, for: nil, generation: 0)
  }

  private func hinted(_ model: String, _ failure: CallFailure, _ hint: Duration) async {
    own.told(model, failure)
    await open(model, failure, for: hint, generation: nil)
  }

  /// See `Cooldowns`.
  public func abandoned(_ model: String, _ ticket: CircuitBreaker.Ticket) async {
    guard ticket.isProbe else { return }
    // The task may be cancelled: the probe's place is given back all the same.
    await Task { [self] in _ = await ask(model, .abandoned(generation: Int64(ticket.generation))) }.value
  }

  private func open(_ model: String, _ failure: CallFailure, for time: Duration?, generation: Int64?) async {
    let opening = CooldownCall.Opening(
      reason: failure.errorClass.rawValue, time: time.map { max($0.microseconds, 1) }, base: policy.base.microseconds,
      longest: policy.longest.microseconds, generation: generation)
    _ = await ask(model, .open(opening))
  }

  /// One that is left alone already is not for longer.
  private func note(_ model: String, _ failure: CallFailure, in cooldowns: LocalCooldowns<ContinuousClock>) {
    guard case .clear(let ticket) = cooldowns.admit(model) else { return }
    cooldowns.failed(model, ticket, failure)
  }

  /// `nil`: nobody answers in time. What is told goes on then.
  private func ask(_ model: String, _ asked: CooldownCall) async -> CooldownState? {
    let isWaitedFor = outage.allowsWaiting()
    guard isWaitedFor || !asked.isQuestion else { return nil }
    let asking = Task { [store, outage] () -> Result<CooldownState, any Error> in
      do {
        let state = try await store(model, asked)
        outage.answered()
        return .success(state)
      } catch { return .failure(error) }
    }
    guard isWaitedFor else { return nil }
    switch await end(of: asking, within: Self.longestLook) {
    case .success(let state)?: return state
    case .failure(let error)?:
      if let code = (error as? LimiterError)?.code, code == .redisUnavailable || code == .limiterdUnavailable {
        outage.gaveNoAnswer()
      }
    case nil:
      if !Task.isCancelled { outage.gaveNoAnswer() }
      if case .admit = asked { giveBackLate(asking, model) }
    }
    return nil
  }

  /// A probe's place that comes when nobody waits for it any more.
  private func giveBackLate(_ asking: Task<Result<CooldownState, any Error>, Never>, _ model: String) {
    Task { [store] in
      guard case .success(let state) = await asking.value, state.admission == .probe else { return }
      _ = try? await store(model, .abandoned(generation: state.generation))
    }
  }

  private var now: Int64 { start.duration(to: .now).microseconds }

  @discardableResult
  private func with<Result: Sendable>(_ model: String, _ body: (inout FailureWindow) -> Result) -> Result {
    windows.withLock { body(&$0[model, default: FailureWindow(policy)]) }
  }
}

extension CooldownState {
  var errorClass: ErrorClass { ErrorClass(rawValue: reason) ?? .transient }
}

extension CooldownCall {
  /// Whether something is to be known: of no use when the answer is late.
  fileprivate var isQuestion: Bool {
    switch self {
    case .look, .admit: true
    case .open, .succeeded, .abandoned, .clear: false
    }
  }
}
