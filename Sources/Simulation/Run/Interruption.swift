import Synchronization

/// When the arrivals were stopped from outside.
final class Interruption: Sendable {
  private let time = Mutex<Int64?>(nil)

  /// Microseconds of the provider's clock; `nil`: never.
  var at: Int64? { time.withLock { $0 } }

  /// - Returns: whether it is the first one.
  func note(at now: Int64) -> Bool {
    time.withLock { time in
      guard time == nil else { return false }
      time = now
      return true
    }
  }
}
