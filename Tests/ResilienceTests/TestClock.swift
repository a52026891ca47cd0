import Synchronization

/// A clock on which waits pass at once: who sleeps moves it on.
final class TestClock: Clock {
  struct Instant: InstantProtocol {
    var since: Duration

    func advanced(by duration: Duration) -> Instant { Instant(since: since + duration) }
    func duration(to other: Instant) -> Duration { other.since - since }
    static func < (left: Instant, right: Instant) -> Bool { left.since < right.since }
  }

  private let time = Mutex(Duration.zero)
  private let slept = Mutex<[Duration]>([])

  var now: Instant { Instant(since: time.withLock { $0 }) }
  var minimumResolution: Duration { .nanoseconds(1) }
  /// All waits so far.
  var waits: [Duration] { slept.withLock { $0 } }

  func advance(by duration: Duration) { time.withLock { $0 += duration } }

  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    try Task.checkCancellation()
    slept.withLock { $0.append(now.duration(to: deadline)) }
    time.withLock { $0 = max($0, deadline.since) }
    // Others get their turn, as in a real wait.
    await Task.yield()
    try Task.checkCancellation()
  }
}
