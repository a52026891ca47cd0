/// Every bound of a policy file, by name.
public enum ConfigurationBounds {
  /// Bytes of a policy file.
  public static let fileBytes = 1_048_576
  /// Levels of nesting that the YAML parser accepts; a policy needs four.
  public static let nesting = 1_000
  /// Words of the file that look like a YAML alias (`*name`). Aliases are refused anyway; this many cannot blow up
  /// before the refusal.
  public static let aliasLikeWords = 16
  /// Duplicate keys that are looked for in one file.
  public static let duplicateKeys = 64
  /// Mistakes that are reported for one file; how many more there are is said.
  public static let problems = 100
  /// Models of one policy.
  public static let models = 1_000
  /// Limits of one policy, the models' included.
  public static let limits = 4_000
  /// Digits of a number.
  public static let digits = 32
  /// The longest guard time.
  public static let longestGuard: Duration = .seconds(3_600)
  /// The shortest hold time of a permit.
  public static let shortestHold: Duration = .seconds(1)
  /// The longest hold time of a permit: one day.
  public static let longestHold: Duration = .seconds(86_400)
  /// The shortest life of a session without a heartbeat.
  public static let shortestSession: Duration = .seconds(1)
  /// The longest life of a session without a heartbeat.
  public static let longestSession: Duration = .seconds(3_600)
  /// The longest time that a drain may take.
  public static let longestDrain: Duration = .seconds(3_600)
  /// How long Redis may be left to answer before limits are decided without it.
  public static let redisSlowAfter: ClosedRange<Duration> = .milliseconds(10)...(.seconds(60))
  /// The largest weight of a tenant.
  public static let weight = 1_000
  /// The most connections that may be configured.
  public static let connections = 1_000_000
}
