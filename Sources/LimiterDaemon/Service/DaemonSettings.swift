package import LimiterConfiguration
package import LimiterCore
package import RedisClient

/// What a daemon is made of.
package struct DaemonSettings: Sendable {
  package var policy: Policy
  /// Where it listens.
  package var server: ServerOptions
  package var redis: RedisConfiguration
  /// Who is told of what.
  package var alerts = AlertOptions()
  /// Who this process is, for people that look into Redis.
  package var name = "limiterd"
  /// How long Redis may take for an answer before it is asked again.
  package var answerTime: Duration = .seconds(2)
  /// How long a call waits for Redis itself.
  package var patience: Duration = .seconds(5)
  /// Calls that wait at once, per model.
  package var waiters = LimiterBounds.waiters
  /// HTTP connections at once.
  package var httpConnections = HTTPBounds.connections
  /// How long the body of an HTTP request may take.
  package var httpBodyTime = HTTPBounds.bodyTime
  /// What INFO says of Redis, without secrets.
  package var redisDescription: String

  package init(policy: Policy, server: ServerOptions, redis: RedisConfiguration) {
    self.policy = policy
    self.server = server
    self.redis = redis
    redisDescription = redis.address.description
  }
}
