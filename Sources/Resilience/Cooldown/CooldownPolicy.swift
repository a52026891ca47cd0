/// When a model is left alone, and for how long.
public struct CooldownPolicy: Sendable, Hashable {
  /// Failures in a row after which it is.
  public var consecutive: Int
  /// Or this share of the calls of ``window``, of at least ``leastCalls``, in thousandths.
  public var failuresPerMille: Int
  /// Calls of the window below which their share says nothing.
  public var leastCalls: Int
  /// Over which the share is counted.
  public var window: Duration
  /// How long the first time without a hint; doubled each time that the probe fails, up to ``longest``.
  public var base: Duration
  /// The longest time without a hint.
  public var longest: Duration
  /// Probes at once when a cooldown is over, and how long one may take.
  public var probes: Int
  /// After this a probe without a result is taken for lost.
  public var probeTime: Duration

  /// A policy; what makes no sense is taken for the nearest that does.
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
