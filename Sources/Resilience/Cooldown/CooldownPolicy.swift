/// When a model is left alone, and for how long. Where a number makes no sense, the nearest that does counts.
public struct CooldownPolicy: Sendable, Hashable {
  /// Failures in a row after which it is: at least 1.
  public var consecutive: Int
  /// Or this share of the calls of ``window``, of at least ``leastCalls``, in thousandths: 1 to 1,000.
  public var failuresPerMille: Int
  /// Calls of the window below which their share says nothing: at least 1.
  public var leastCalls: Int
  /// Over which the share is counted.
  public var window: Duration
  /// How long the first time without a hint; doubled each time that the probe fails, up to ``longest``.
  public var base: Duration
  /// The longest time without a hint: not below ``base``.
  public var longest: Duration
  /// Probes at once when a cooldown is over: at least 1.
  public var probes: Int
  /// After this a probe without a result is taken for lost.
  public var probeTime: Duration

  /// A policy.
  public init(
    consecutive: Int = 5, failuresPerMille: Int = 500, leastCalls: Int = 20, window: Duration = .seconds(30),
    base: Duration = .seconds(60), longest: Duration = .seconds(600), probes: Int = 1,
    probeTime: Duration = .seconds(60)
  ) {
    self.consecutive = consecutive
    self.failuresPerMille = failuresPerMille
    self.leastCalls = leastCalls
    self.window = window
    self.base = base
    self.longest = longest
    self.probes = probes
    self.probeTime = probeTime
  }

  /// What counts, whether it was told at the beginning or set later.
  package var bounded: CooldownPolicy {
    func time(_ time: Duration) -> Duration { min(max(time, .microseconds(1)), .longestWait) }
    let base = time(base)
    return CooldownPolicy(
      consecutive: max(consecutive, 1), failuresPerMille: min(max(failuresPerMille, 1), 1_000),
      leastCalls: max(leastCalls, 1), window: time(window), base: base, longest: max(time(longest), base),
      probes: max(probes, 1), probeTime: time(probeTime))
  }
}
