public import LimiterCore

/// The whole file of `limiterd serve`.
public struct LimiterdConfiguration: Sendable, Hashable {
  /// The models and limits.
  public var policy: Policy
  /// How it listens.
  public var server: ServerOptions
  /// Where Redis is; `nil`: the daemon starts one of its own.
  public var redis: RedisOptions?
  /// Where providers are, by name; for programs that call them.
  public var providers: [String: ProviderOptions]
  /// Who is told of what.
  public var alerts: AlertOptions

  /// A configuration.
  public init(
    policy: Policy, server: ServerOptions = ServerOptions(), redis: RedisOptions? = nil,
    providers: [String: ProviderOptions] = [:], alerts: AlertOptions = AlertOptions()
  ) {
    self.policy = policy
    self.server = server
    self.redis = redis
    self.providers = providers
    self.alerts = alerts
  }
}
