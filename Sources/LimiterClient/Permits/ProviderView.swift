public import LimiterCore

/// What a provider's answer to a call says of its own windows.
public struct ProviderView: Sendable, Hashable {
  /// What it says of one of them.
  public struct Window: Sendable, Hashable {
    /// What it counts.
    public var unit: Unit
    /// What it allows; `nil`: it does not say.
    public var limit: Int64?
    /// What is left after the call.
    public var remaining: Int64
    /// After how long it is whole; `nil`: it does not say.
    public var reset: Duration?

    /// A window.
    public init(_ unit: Unit, limit: Int64? = nil, remaining: Int64, reset: Duration? = nil) {
      self.unit = unit
      self.limit = limit
      self.remaining = remaining
      self.reset = reset
    }
  }

  /// What it says.
  public var windows: [Window]
  /// It has refused the call with 429, though the limiter had admitted it.
  public var isRefusal: Bool

  /// What a provider says.
  public init(_ windows: [Window], isRefusal: Bool = false) {
    self.windows = windows
    self.isRefusal = isRefusal
  }

  /// Windows that are looked at: as many as a command to limiterd has words for.
  private static let mostWindows = 16

  /// What can be said of a window, of what an answer may say.
  package var sayable: [Window] {
    windows.prefix(Self.mostWindows).compactMap { window in
      guard window.remaining >= 0, window.unit != .nanodollars else { return nil }
      var window = window
      window.remaining = min(window.remaining, LimiterBounds.amount)
      window.limit = window.limit.flatMap { (0...LimiterBounds.amount).contains($0) ? $0 : nil }
      window.reset = window.reset.map { min(max($0, .zero), LimiterBounds.longestWindow) }
      return window
    }
  }

  /// Windows that are longer are no rates: a refusal says nothing of them.
  private static let longestRate: Duration = .seconds(3_600)
  private static let minute: Duration = .seconds(60)

  /// What it says of the limits of a permit, to be compared with what they were at the grant.
  package func observations(of permit: Permit, _ resolver: PolicyResolver) -> [WindowObservation] {
    func observation(_ limit: EffectiveLimit, left: Int64?, reset: Duration?) -> WindowObservation? {
      guard let used = permit.reservations.first(where: { $0.limit == limit.id })?.usedAfter else { return nil }
      return WindowObservation(
        limit: limit, grantedAt: permit.grantedAt, usedAfter: used, left: left,
        reset: reset?.microsecondsRoundedUp ?? 0)
    }
    var found: [WindowObservation] = []
    for window in sayable {
      let own = resolver.providerWindows(of: permit.model, window.unit)
      // Of several the one that the provider names by its amount, or else the one of a minute.
      let meant =
        own.first { $0.amount == window.limit } ?? (own.count == 1 ? own.first : own.first { $0.length == Self.minute })
      if let meant, let seen = observation(meant.limit, left: window.remaining, reset: window.reset) {
        found.append(seen)
      }
    }
    // It has said what is left, and that was not nothing: then that is not why.
    guard isRefusal, !windows.contains(where: { $0.remaining == 0 }) else { return found }
    return [Unit.requests, .tokens, .inputTokens, .outputTokens].flatMap { unit in
      resolver.providerWindows(of: permit.model, unit).filter { $0.length <= Self.longestRate }
        .compactMap { observation($0.limit, left: nil, reset: nil) }
    }
  }
}
