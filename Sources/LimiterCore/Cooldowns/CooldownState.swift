/// Whether a model is left alone by all workers of a domain, and why.
public struct CooldownState: Sendable, Hashable {
  /// Whether it may be asked.
  public enum Admission: Int64, Sendable, Hashable {
    /// By everybody.
    case clear = 0
    /// By this call, which shows whether it is back.
    case probe = 1
    case cooling = 2
  }

  /// The reason whose cooldowns end without a probe: the provider has said when it is back.
  package static let endsByItself = "rateLimited"

  /// Whether it may be asked.
  public var admission: Admission
  /// Goes up with each opening; 0: it is not left alone.
  public var generation: Int64
  /// How much longer, in microseconds; 0 when it may be asked.
  public var left: Int64
  /// Why: the class of the failure, such as `rateLimited`; empty when it is not left alone.
  public var reason: String
  /// How often in a row, without a call that succeeded.
  public var opened: Int64
  /// Since when, by the server's clock.
  public var since: ServerTime

  /// A model that everybody may ask.
  package static let clear = CooldownState(
    admission: .clear, generation: 0, left: 0, reason: "", opened: 0, since: ServerTime(microseconds: 0))

  package init(
    admission: Admission, generation: Int64, left: Int64, reason: String, opened: Int64, since: ServerTime
  ) {
    self.admission = admission
    self.generation = generation
    self.left = left
    self.reason = reason
    self.opened = opened
    self.since = since
  }
}

/// A model that is or was left alone.
public struct ModelCooldown: Sendable, Hashable {
  /// As in the policy.
  public var model: String
  /// Whether it still is, and why.
  public var state: CooldownState

  package init(model: String, state: CooldownState) {
    self.model = model
    self.state = state
  }
}
