/// When a model is left alone, and for how long.
public struct CooldownPolicy: Sendable, Hashable {
  /// Failures in a row after which it is.
  public var consecutive: Int
  /// Or this share of the calls of ``window``, of at least ``leastCalls``, in thousandths.
  public var failuresPerMille: Int
  public var leastCalls: Int
  public var window: Duration
  /// How long the first time without a hint; doubled each time that the probe fails, up to ``longest``.
  public var base: Duration
  public var longest: Duration
  /// Probes at once when a cooldown is over, and how long one may take.
  public var probes: Int
  public var probeTime: Duration

  public init(
    consecutive: Int = 5, failuresPerMille: Int = 500, leastCalls: Int = 20, window: Duration = .seconds(30),
    base: Duration = .seconds(60), longest: Duration = .seconds(600), probes: Int = 1,
    probeTime: Duration = .seconds(60)
  ) {
    self.consecutive = max(consecutive, 1)
    self.failuresPerMille = min(max(failuresPerMille, 1), 1_000)
    self.leastCalls = max(leastCalls, 1)
    self.window = window
    self.base = base
    self.longest = max(longest, base)
    self.probes = max(probes, 1)
    self.probeTime = probeTime
  }
}
