/// Whether a model is asked: closed, open until an instant, then half open for a few probes.
///
/// ```
/// closed --failures pass the threshold, or a hint--> open until t
///   ^                                                   | t
///   |  a probe succeeds                                  v
///   '----------------------------------------------- half open --a probe fails--> open, for longer
/// ```
///
/// A rate limit's hint is the provider's own word on when it is back: after it, it is closed without a probe.
///
/// Times are microseconds of a clock that never goes back, given with each event: a value, so that it can be kept anywhere.
public struct CircuitBreaker: Sendable {
  /// Leave to make a call. A result counts only in the generation in which its call began.
  public struct Ticket: Sendable, Hashable {
    /// The state in which the call began.
    public var generation: Int
    /// Whether this call shows if the model is back.
    public var isProbe: Bool

    /// Leave to make a call; of ``Cooldowns`` of your own, whatever tells one state from the next.
    public init(generation: Int, isProbe: Bool) {
      self.generation = generation
      self.isProbe = isProbe
    }
  }

  /// Whether a call may begin.
  public enum Admission: Sendable, Hashable {
    case clear(Ticket)
    /// Until an instant, at the earliest; why.
    case cooling(until: Int64, ErrorClass)
  }

  private let policy: CooldownPolicy
  /// Goes up with each change of state.
  public private(set) var generation = 0
  private var openUntil: Int64?
  private var reason = ErrorClass.transient
  /// How often in a row it was opened without a success.
  private var opened = 0
  /// Until when the probes that are under way are waited for.
  private var probes: [Int64] = []
  private var window: FailureWindow

  /// A closed one.
  public init(_ policy: CooldownPolicy = CooldownPolicy()) {
    self.policy = policy.bounded
    window = FailureWindow(policy)
  }

  /// May a call begin? A probe that is let through is a lease: it ends by itself.
  public mutating func admit(at now: Int64) -> Admission {
    guard let until = openUntil else { return .clear(Ticket(generation: generation, isProbe: false)) }
    if now < until { return .cooling(until: until, reason) }
    if reason == .rateLimited {
      // The provider has said when it is back: there is nothing to find out.
      close()
      return .clear(Ticket(generation: generation, isProbe: false))
    }
    probes.removeAll { $0 <= now }
    guard probes.count < policy.probes else { return .cooling(until: probes.min() ?? now, reason) }
    probes.append(now + policy.probeTime.microseconds)
    return .clear(Ticket(generation: generation, isProbe: true))
  }

  /// Until when no call may begin, and why; `nil`: one may, or may probe.
  public func cooling(at now: Int64) -> (until: Int64, reason: ErrorClass)? {
    openUntil.flatMap { now < $0 ? ($0, reason) : nil }
  }

  /// A call has succeeded.
  public mutating func succeeded(_ ticket: Ticket, at now: Int64) {
    guard ticket.generation == generation else { return }
    if openUntil != nil {
      guard ticket.isProbe else { return }
      close()
    } else {
      window.succeeded(at: now)
    }
  }

  /// A call has failed. A failure that says nothing of the model, such as a mistake of the caller, is no probe's result either.
  public mutating func failed(_ ticket: Ticket, _ failure: CallFailure, at now: Int64) {
    let verdict = failure.cooldownVerdict
    if case .hint(let time) = verdict { return open(for: time, failure.errorClass, at: now) }
    guard ticket.generation == generation else { return }
    switch verdict {
    case .nothing: abandoned(ticket)
    case .hint(let time), .time(let time): open(for: time, failure.errorClass, at: now)
    case .untilChanged: open(for: policy.longest, failure.errorClass, at: now)
    case .counts where openUntil == nil: count(failure, at: now)
    case .counts where ticket.isProbe: open(for: backoff, failure.errorClass, at: now)
    case .counts: break
    }
  }

  /// An attempt has failed, and its call goes on: what the provider said counts at once, and so does that it failed.
  public mutating func told(_ failure: CallFailure, at now: Int64) {
    switch failure.cooldownVerdict {
    case .hint(let time): open(for: time, failure.errorClass, at: now)
    case .counts where openUntil == nil: count(failure, at: now)
    case .nothing, .time, .untilChanged, .counts: break
    }
  }

  private mutating func count(_ failure: CallFailure, at now: Int64) {
    if window.failed(at: now) { open(for: backoff, failure.errorClass, at: now) }
  }

  /// A call ended without a result: it was cancelled, or never sent.
  public mutating func abandoned(_ ticket: Ticket) {
    if ticket.isProbe, ticket.generation == generation, !probes.isEmpty { probes.removeFirst() }
  }

  /// Somebody says that the model is back.
  public mutating func clear() {
    if openUntil != nil { close() }
  }

  private var backoff: Duration {
    min(policy.base * (1 << min(opened, 20)), policy.longest)
  }

  private mutating func open(for time: Duration, _ reason: ErrorClass, at now: Int64) {
    let until = now + time.microseconds
    // A longer cooldown is never shortened.
    guard until > openUntil ?? .min else { return }
    // Many hear of it at once: that is one opening.
    if now >= openUntil ?? .min { opened += 1 }
    openUntil = until
    self.reason = reason
    generation += 1
    (probes, window) = ([], FailureWindow(policy))
  }

  private mutating func close() {
    openUntil = nil
    opened = 0
    generation += 1
    (probes, window) = ([], FailureWindow(policy))
  }
}

extension Duration {
  package var microseconds: Int64 {
    let (whole, overflow) = components.seconds.multipliedReportingOverflow(by: 1_000_000)
    return overflow ? .max / 4 : whole + components.attoseconds / 1_000_000_000_000
  }
}
