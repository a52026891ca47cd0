public import LimiterCore

/// What became of a request. A denial is a value, not an error.
public enum Decision: Sendable, Hashable {
  /// The call may be made, and must be settled.
  case granted(Permit)
  /// The call must not be made; nothing is reserved.
  case denied(Denial)

  /// The permit, if there is one.
  public var permit: Permit? {
    if case .granted(let permit) = self { permit } else { nil }
  }

  /// The denial, if it is one.
  public var denial: Denial? {
    if case .denied(let denial) = self { denial } else { nil }
  }
}

/// What became of a call whose permit nobody keeps.
public enum Admission: Sendable, Hashable {
  /// The call may be made; it counts from this server time on. `isDegraded`: this process' own share decided, because Redis gave no answer.
  case admitted(at: ServerTime, isDegraded: Bool)
  /// The call must not be made; nothing is counted.
  case denied(Denial)

  /// The denial, if it is one.
  public var denial: Denial? {
    if case .denied(let denial) = self { denial } else { nil }
  }
}

/// Why a call must not be made now, with the numbers.
public struct Denial: Sendable, Hashable, CustomStringConvertible {
  /// The kinds of reasons.
  public enum Reason: String, Sendable, Hashable, CaseIterable, Codable {
    /// A window is full.
    case window
    /// A budget is spent or held.
    case budget
    /// All slots are taken.
    case concurrency
    /// The request is larger than the limit: it can never be admitted.
    case tooLarge = "too_large"
    /// Better-ranked calls wait for the same limit.
    case behind
  }

  /// Why.
  public var reason: Reason
  /// The limit that holds the request up the longest.
  public var limit: LimitID
  /// What is used of it, in its unit.
  public var used: Int64
  /// What it allows, headroom applied.
  public var allowed: Int64
  /// When to ask again.
  public var retry: Retry
  /// Server time of the decision.
  public var decidedAt: ServerTime
  /// Whether this process' own share decided, because Redis gave no answer.
  public var isDegraded: Bool

  /// How long to wait before asking again, from the decision on; never negative. `nil`: no time will help.
  public var retryAfter: Duration? {
    switch retry {
    case .at(let time), .notBefore(let time), .behind(let time):
      .microseconds(max(time.microseconds - decidedAt.microseconds, 0))
    case .never, .tooLarge: nil
    }
  }

  /// What is left of the limit; never negative.
  public var remaining: Int64 { max(allowed - used, 0) }

  /// The denial in one line.
  public var description: String {
    let advice =
      switch retry {
      case .tooLarge: "the request is larger than the limit and can never be admitted"
      case .never:
        "no time will help, only what permits that are held give back, or a correction (`limiterctl budget adjust`)"
      case .behind: "better-ranked calls wait for it"
      case .notBefore where reason == .concurrency: "there is room when a permit ends: wait for it"
      case .at where reason == .budget:
        "nobody waits for money: ask again in its next period, in \(Self.seconds(retryAfter ?? .zero)) s, or after a correction "
          + "(`limiterctl budget adjust`)"
      case .at, .notBefore: "ask again in \(Self.seconds(retryAfter ?? .zero)) s"
      }
    let share = isDegraded ? " (Redis gives no answer: this process' own share of it)" : ""
    return "denied by \(limit): \(used) of \(allowed) used\(share); \(advice)"
  }

  /// With three decimals, rounded up: whoever asks after so long is not too early.
  private static func seconds(_ time: Duration) -> String {
    let milliseconds = (time.microsecondsRoundedUp - 1) / 1_000 + 1
    let rest = String(milliseconds % 1_000)
    return "\(milliseconds / 1_000)." + String(repeating: "0", count: 3 - rest.count) + rest
  }

  init(
    reason: Reason, limit: LimitID, used: Int64, allowed: Int64, retry: Retry, decidedAt: ServerTime,
    isDegraded: Bool = false
  ) {
    self.isDegraded = isDegraded
    self.reason = reason
    self.limit = limit
    self.used = used
    self.allowed = allowed
    self.retry = retry
    self.decidedAt = decidedAt
  }

  package init(_ denial: WaiterDenial) {
    limit = denial.limit.id
    used = denial.used
    allowed = denial.limit.amount
    retry = denial.retry
    decidedAt = denial.decidedAt
    isDegraded = denial.isDegraded
    reason =
      switch (denial.retry, denial.limit.allowance) {
      case (.tooLarge, _): .tooLarge
      case (.behind, _): .behind
      case (_, .window): .window
      case (_, .budget): .budget
      case (_, .concurrency): .concurrency
      }
  }
}
