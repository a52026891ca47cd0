internal import RedisClient
import Synchronization

/// Errors that come with each call are worth a line of the log each minute: one for each code.
final class ErrorReminder: Sendable {
  private static let pause: Duration = .seconds(60)

  private let told = Mutex<[RedisError.Code?: ContinuousClock.Instant]>([:])

  /// Whether it is to be told now; then it counts as told.
  func isDue(_ error: any Error) -> Bool {
    let (code, now) = ((error as? RedisError)?.code, ContinuousClock.now)
    return told.withLock { told in
      if let last = told[code], now - last < Self.pause { return false }
      told[code] = now
      return true
    }
  }
}
