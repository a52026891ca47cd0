import Synchronization

/// Whether limiterd or Redis is waited for: once it gave no answer, it is not, until some seconds have passed or an answer has come. So an outage
/// costs the time once, and not per call.
final class OutagePause: Sendable {
  /// How long nobody waits.
  static let length: Duration = .seconds(3)

  private let end = Mutex<ContinuousClock.Instant?>(nil)

  /// Whether to wait. When the pause is over one does and finds out; all others still do not.
  func allowsWaiting() -> Bool {
    end.withLock { end in
      let now = ContinuousClock.now
      guard let known = end else { return true }
      guard known <= now else { return false }
      end = now + Self.length
      return true
    }
  }

  /// There is an answer.
  func answered() { end.withLock { $0 = nil } }

  /// There was none in time.
  func gaveNoAnswer() { end.withLock { $0 = ContinuousClock.now + Self.length } }
}
