public import LimiterCore
public import RedisClient

/// What a limiter is made of.
public struct LimiterSettings: Sendable {
  /// The limits.
  public var policy: Policy
  /// Where Redis is.
  public var redis: RedisConfiguration
  /// Who this process is, for people that look into Redis; no secrets.
  public var name: String
  /// How long Redis may take for an answer before it is asked again.
  public var answerTime: Duration = .seconds(2)
  /// How long Redis may leave a call without an answer before limits are decided as their `onFailure` says.
  public var slowAfter: Duration = .milliseconds(250)
  /// How long a call waits for Redis itself, if it does not wait longer for its limits anyway.
  public var patience: Duration = .seconds(5)
  /// Calls of this process that wait at once, per model.
  public var waiters = LimiterBounds.waiters
  /// How often a call that waits for what has no known time asks again, if nobody says that there is room.
  package var askAgain: Duration = .milliseconds(250)

  /// Settings with the defaults above.
  public init(policy: Policy, redis: RedisConfiguration, name: String = "") {
    self.policy = policy
    self.redis = redis
    self.name = name
  }
}
