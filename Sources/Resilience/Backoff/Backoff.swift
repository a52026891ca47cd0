/// How long to wait before a call is made again.
///
/// Full jitter, `U(0, min(cap, base * 2^n))`, spreads those that failed together best: measured with 100 clients after a collision, each needed 8
/// calls against 24 without jitter (M. Brooker, "Exponential Backoff And Jitter", 2015).
public struct Backoff: Sendable, Hashable {
  /// How chance comes into it.
  public enum Jitter: Sendable, Hashable, CaseIterable {
    /// From nothing to all of it.
    case full
    /// From half to all of it.
    case equal
    /// From the base to three times the last wait.
    case decorrelated
    case none
  }

  /// How chance comes into it.
  public var jitter: Jitter
  /// No wait of our own is longer, before or after jitter.
  public var cap: Duration

  /// A backoff; see the properties.
  public init(jitter: Jitter = .full, cap: Duration = .seconds(60)) {
    self.jitter = jitter
    self.cap = max(cap, .zero)
  }

  /// Our own wait before the retry with this number.
  ///
  /// - Parameters:
  ///   - retry: 0 for the first one.
  ///   - base: what the first wait is about.
  ///   - last: the wait before, for `decorrelated`.
  ///   - random: from 0 up to 1.
  public func wait(retry: Int, base: Duration, last: Duration?, random: Double) -> Duration {
    let chance = random.isFinite ? min(max(random, 0), 1) : 1
    // The exponent is clamped: doubling 62 times leaves every duration behind.
    let doublings = min(max(retry, 0), 40)
    let whole = min(base.seconds * Double(UInt64(1) << UInt64(doublings)), cap.seconds)
    switch jitter {
    case .full: return .seconds(whole * chance)
    case .equal: return .seconds(whole / 2 + whole / 2 * chance)
    case .decorrelated:
      let upper = max((last ?? base).seconds * 3, base.seconds)
      return .seconds(min(base.seconds + (upper - base.seconds) * chance, cap.seconds))
    case .none: return .seconds(whole)
    }
  }

  /// The wait when the provider has said how long: never less than that, and spread, so that those that were told the same do not come
  /// back together.
  public static func wait(own: Duration, hint: Duration?, random: Double) -> Duration {
    guard let hint, hint > .zero else { return own }
    let spread = min(hint.seconds / 10, 1)
    return max(own, hint) + .seconds(spread * (random.isFinite ? min(max(random, 0), 1) : 1))
  }
}

extension Duration {
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
