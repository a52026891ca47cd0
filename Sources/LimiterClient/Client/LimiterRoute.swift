public import LimiterCore
public import RedisClient

/// How a ``LimiterClient`` gets its decisions.
public enum LimiterRoute: Sendable {
  /// Through a `limiterd` of this host, or of another one.
  case sidecar(SidecarSettings)
  /// Straight to Redis; the process reads the policy itself.
  case direct(LimiterSettings)

  /// Through the `limiterd serve` that listens at a Unix socket.
  ///
  /// - Parameters:
  ///   - socket: the path, as `limiterd serve --socket` has it.
  ///   - password: a Unix socket needs none; `nil` by default.
  public static func limiterd(socket: String, password: String? = nil) -> LimiterRoute {
    .sidecar(SidecarSettings(socket: socket, password: password))
  }

  /// Through a limiterd, with settings.
  public static func limiterd(_ settings: SidecarSettings) -> LimiterRoute { .sidecar(settings) }

  /// Straight to the Redis of a URL such as `redis://user:password@host`.
  ///
  /// - Throws: a `RedisError` with the code `invalidConfiguration` that says what is wrong with the URL.
  public static func redis(url: String, policy: Policy) throws(RedisError) -> LimiterRoute {
    .direct(LimiterSettings(policy: policy, redis: try RedisConfiguration(url: url)))
  }

  /// Straight to Redis, with settings.
  public static func redis(_ settings: LimiterSettings) -> LimiterRoute { .direct(settings) }
}
