public import LimiterCore

/// The whole file of `limiterd serve`.
public struct LimiterdConfiguration: Sendable, Hashable {
  /// The models and limits.
  public var policy: Policy
  /// How it listens.
  public var server: ServerOptions
  /// Where Redis is; `nil`: the daemon starts one of its own.
  public var redis: RedisOptions?

  /// A configuration.
  public init(policy: Policy, server: ServerOptions = ServerOptions(), redis: RedisOptions? = nil) {
    self.policy = policy
    self.server = server
    self.redis = redis
  }
}
